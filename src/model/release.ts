/** Made from the file RELEASE by `npm run release:write`; change that. */
export const RELEASE = {
  /** The tag in git, which links into the repository carry: what they lead to is as old as the program. */
  tag: 'v0.1.0',
  rules: '0.1.0',
  dashboards: '0.1.0',
  /** The oldest that loads the rules. */
  prometheus: '2.42',
} as const;
