/** CHANGELOG.md: the sections of versions. */

/** What is wrong with it for a release of `version`: an Unreleased on top, then this version with its date. */
export function changelogProblems(text: string, version: string): string[] {
  const titles = Array.from(text.matchAll(/^## (.+)$/gm), ([, title]) => title!);
  const problems: string[] = [];
  if (titles[0] !== 'Unreleased') problems.push(`CHANGELOG.md: expected "## Unreleased" on top, got "${titles[0]}"`);
  const dated = new RegExp(`^${version.replaceAll('.', '\\.')} - \\d{4}-\\d{2}-\\d{2}$`);
  if (!dated.test(titles[1] ?? ''))
    problems.push(`CHANGELOG.md: expected "## ${version} - YYYY-MM-DD" below it, got "${titles[1]}"`);
  return problems;
}

/** What the notes of a release say: the section of the version, without its title. */
export function changesOf(text: string, version: string): string {
  const [, ...sections] = text.split(/^## /m);
  const section = sections.find((section) => section.startsWith(`${version} `));
  if (section === undefined) throw new RangeError(`Cannot find "${version}" in CHANGELOG.md`);
  return section.slice(section.indexOf('\n')).trim();
}
