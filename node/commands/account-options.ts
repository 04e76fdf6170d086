import { type Command, Option } from 'commander'
import { loadSettings, SETTING_ROWS } from '../../config/settings.ts'
import type { DeveloperSettings } from '../accounts.ts'

/** What a command that begins a chain needs to know of its accounts. */
const ROWS = SETTING_ROWS.filter(({ key }) => /^accounts\.(mnemonic|count|path|balance)$/.test(key))

/** Adds the settings of the developer accounts as options, with the flags that `pavm node` has for them. */
export function addAccountOptions(command: Command): Command {
  for (const { flag, setting } of ROWS) {
    command.addOption(new Option(`${flag} <value>`, setting.doc).default(undefined, String(setting.default)))
  }
  return command
}

/** Of the flags those that `addAccountOptions` has added, for `loadSettings`. */
export function accountFlags(flags: object): Readonly<Record<string, unknown>> {
  const given = new Map(Object.entries(flags))
  return Object.fromEntries(ROWS.map(({ attribute }) => [attribute, given.get(attribute)]))
}

/** The developer accounts that flags and environment ask for. Throws SettingsError. */
export function accountSettings(flags: object): DeveloperSettings {
  return loadSettings({ env: process.env, flags: accountFlags(flags) }).accounts
}
