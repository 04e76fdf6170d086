import { settingsMarkdown } from '../../config/settings.ts'

/** The text of docs/settings.md. */
export function settingsDocument(): string {
  return [
    '# Settings',
    '',
    'Each setting can stand in the TOML file of `pavm node --config FILE` (a dot means a section: `rpc.port` is `port` under',
    '`[rpc]`), in an environment variable, or be given as a flag. Flags win over variables, variables over the file, the file over',
    'the defaults. A setting that does not exist or has a wrong value stops the start with an error that names it. Paths in a',
    'file are relative to the file. This page is written by `npm run docs:settings`.',
    '',
    settingsMarkdown(),
  ].join('\n')
}
