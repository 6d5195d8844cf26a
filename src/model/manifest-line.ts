/**
 * The line of a container that lets it list flows. Root with that one capability: Kubernetes gives a container of another
 * user nothing of what `add` names.
 */
export const MANIFEST_LINE =
  'securityContext: { runAsUser: 0, runAsNonRoot: false, capabilities: { drop: [ALL], add: [NET_ADMIN] } }';
