/** Values: names, image, and what the agent may do on a node. */
import { AGENT, NFT_IMAGE } from './manifest-defaults.ts';
import { ANNOTATIONS, BOOLEAN, DOTTED_NAME, LIST, NAME, SOME_DOTTED_NAME, type Value, WORD } from './value.ts';

const [, REGISTRY, REPOSITORY] = /^([^/]+)\/(.+):[^:]+$/.exec(AGENT.image)!;

export const INSTALLATION_VALUES: readonly Value[] = [
  {
    name: 'namespaceOverride',
    fallback: '',
    schema: NAME,
    help: 'Namespace of the objects. Empty: that of the release (`helm -n`), but `conntrack-agent` for a release in `default`, as the manifests have it',
  },
  {
    name: 'createNamespace',
    fallback: 'auto',
    schema: { enum: ['auto', 'always', 'never'] },
    help: 'Whether the namespace is made, with the Pod Security level that hostNetwork needs. auto: only where a release in `default` gets `conntrack-agent`; a namespace that Helm makes itself (`--create-namespace`) has no such level. never: where it is there already, made for a Secret perhaps',
  },
  {
    name: 'fullnameOverride',
    fallback: '',
    schema: NAME,
    help: 'Name of the objects; empty: that of the release, with `conntrack-agent` in it',
  },
  {
    name: 'image.registry',
    fallback: REGISTRY,
    schema: { type: 'string', pattern: '^([a-zA-Z0-9._/-]+(:[0-9]+(/[a-zA-Z0-9._/-]+)?)?)?$' },
    help: 'Registry of the image',
  },
  {
    name: 'image.repository',
    fallback: REPOSITORY,
    schema: { type: 'string', pattern: '^[a-z0-9]+([._/-]+[a-z0-9]+)*$' },
    help: 'Repository in it',
  },
  {
    name: 'image.tag',
    fallback: '',
    schema: { type: 'string', pattern: '^([a-zA-Z0-9_][a-zA-Z0-9._-]{0,127})?$' },
    help: 'Tag; empty: the application version of this chart',
  },
  {
    name: 'image.digest',
    fallback: '',
    schema: { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
    help: 'Digest, `sha256:...`, in place of the tag: then the image cannot change under its name',
  },
  {
    name: 'image.pullPolicy',
    fallback: AGENT.imagePullPolicy,
    schema: { enum: ['Always', 'IfNotPresent', 'Never'] },
    help: 'When a node pulls it',
  },
  { name: 'imagePullSecrets', fallback: [], schema: LIST, help: 'Secrets for the registry, `[{ name: ... }]`' },
  {
    name: 'port',
    fallback: AGENT.ports[0].containerPort,
    schema: { type: 'integer', minimum: 1, maximum: 65_535 },
    help: 'Port of metrics and status page; with hostNetwork it is taken on the node itself',
  },
  {
    name: 'hostNetwork',
    fallback: true,
    schema: BOOLEAN,
    help: "In the node's network namespace. false, where that is forbidden, mounts the node's /proc and sees neither timeouts nor flows",
  },
  {
    name: 'untracked.enabled',
    fallback: false,
    schema: BOOLEAN,
    help: 'Connections to the agent are not tracked, so that a scraper that was restarted can connect while the table is full. An init container with root and NET_ADMIN adds an nft table to the node, named after the port',
  },
  {
    name: 'untracked.undo',
    fallback: false,
    schema: BOOLEAN,
    help: 'Takes that table away again: roll this out before you leave `untracked.enabled` out, change `port`, or uninstall',
  },
  {
    name: 'untracked.image',
    fallback: NFT_IMAGE,
    schema: { ...WORD, minLength: 1 },
    help: 'Any image with nft in its PATH',
  },
  {
    name: 'tls.enabled',
    fallback: false,
    schema: BOOLEAN,
    help: 'TLS, client certificates and passwords by a web configuration, which is the key `web.yml` of a Secret',
  },
  {
    name: 'tls.secretName',
    fallback: 'conntrack-agent-web',
    schema: SOME_DOTTED_NAME,
    help: 'That Secret, with the files it names',
  },
  {
    name: 'tls.scrapeSecretName',
    fallback: 'conntrack-agent-scrape',
    schema: SOME_DOTTED_NAME,
    help: 'Secret for the PodMonitor: `ca.crt`, `username`, `password`',
  },
  {
    name: 'tls.serverName',
    fallback: 'conntrack-agent',
    schema: { ...WORD, minLength: 1 },
    help: 'Name in the certificate of every agent',
  },
  {
    name: 'openshift.enabled',
    fallback: false,
    schema: BOOLEAN,
    help: 'SecurityContextConstraints, without which OpenShift runs no pod like these',
  },
  {
    name: 'networkPolicy.enabled',
    fallback: false,
    schema: BOOLEAN,
    help: "A NetworkPolicy that lets in nothing but the port. Only with `hostNetwork: false`: others do not see pods in the node's network namespace",
  },
  {
    name: 'networkPolicy.from',
    fallback: [],
    schema: LIST,
    help: 'Who may connect, as in `ingress.from` of a NetworkPolicy; empty: everyone',
  },
  {
    name: 'serviceAccount.create',
    fallback: true,
    schema: BOOLEAN,
    help: 'An account without rights and without a token',
  },
  {
    name: 'serviceAccount.name',
    fallback: '',
    schema: DOTTED_NAME,
    help: 'Its name; empty: that of the objects, or `default` where none is made',
  },
  { name: 'serviceAccount.annotations', fallback: {}, schema: ANNOTATIONS, help: 'Its annotations' },
];
