import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parse, TomlError } from 'smol-toml'
import { describeIssue, SettingsError } from './config-error.ts'
import type { Setting } from './setting-kinds.ts'
import { SETTINGS } from './settings-table.ts'

type Values<Table> = {
  readonly [Key in keyof Table]: Table[Key] extends Setting<infer Value> ? Value : Values<Table[Key]>
}

/** The settings of a node, all there, by section. */
export type Settings = Values<typeof SETTINGS>

/** A setting with its names. */
export interface SettingRow {
  /** Dotted, as `rpc.port`. */
  readonly key: string
  readonly environmentVariable: string
  /** With the dashes, as `--rpc-port`. */
  readonly flag: string
  /** The flag's name in `flags`, as `rpcPort`: what commander makes of `--rpc-port`. */
  readonly attribute: string
  readonly setting: Setting<unknown>
}

const ENVIRONMENT_PREFIX = 'PAVM_'

/** Variables with our prefix that are no settings: where the tests find the public test vectors, which engine they force. */
const OTHER_VARIABLES: ReadonlySet<string> = new Set(['PAVM_VECTORS', 'PAVM_TIER'])

/** All settings, in the order of the table. */
export const SETTING_ROWS: readonly SettingRow[] = rowsOf(SETTINGS, [])

function rowsOf(table: object, path: readonly string[]): SettingRow[] {
  return Object.entries(table).flatMap(([name, entry]: [string, object]) => {
    const keys = [...path, name]
    return 'schema' in entry ? [rowOf(keys, entry as Setting<unknown>)] : rowsOf(entry, keys)
  })
}

function rowOf(keys: readonly string[], setting: Setting<unknown>): SettingRow {
  const words = keys.flatMap((key) => key.split(/(?=[A-Z])/)).map((word) => word.toLowerCase())
  const [first, ...others] = words
  return {
    key: keys.join('.'),
    environmentVariable: `${ENVIRONMENT_PREFIX}${words.join('_').toUpperCase()}`,
    flag: `--${words.join('-')}`,
    attribute: [first, ...others.map((word) => word.charAt(0).toUpperCase() + word.slice(1))].join(''),
    setting,
  }
}

export interface SettingSources {
  /** Path of a TOML file. Paths in it are relative to it. */
  readonly file?: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  /** By `SettingRow.attribute`; `undefined` where the flag was not given. Text, or a value of the setting's type. */
  readonly flags: Readonly<Record<string, unknown>>
}

type Layer = ReadonlyMap<string, unknown>

/**
 * Settings of a node: defaults, then the file, then the environment (`PAVM_…`), then flags, the later winning. Everything
 * that is given is checked, also what a later source overrides. Throws SettingsError naming the key where it was given.
 */
export function loadSettings({ file, env, flags }: SettingSources): Settings {
  const layers = [file === undefined ? new Map() : fileLayer(file), environmentLayer(env), flagLayer(flags)]
  const settings: Record<string, unknown> = {}
  for (const { key, setting } of SETTING_ROWS) {
    const layer = layers.findLast((each) => each.has(key))
    place(settings, key.split('.'), layer === undefined ? setting.default : layer.get(key))
  }
  return settings as Settings
}

function place(target: Record<string, unknown>, [first, ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    target[first!] = value
    return
  }
  const section = (target[first!] ?? {}) as Record<string, unknown>
  target[first!] = section
  place(section, rest, value)
}

function fileLayer(file: string): Layer {
  const layer = new Map<string, unknown>()
  readTable(readToml(file), '', (key, value) => {
    const row = SETTING_ROWS.find((each) => each.key === key)
    if (row === undefined) return false
    const checked = check(row, value, `${key} in ${file}`, key)
    const isRelative = row.setting.isPath === true && checked !== ''
    layer.set(key, isRelative ? resolve(dirname(file), checked as string) : checked)
    return true
  })
  return layer
}

function readToml(file: string): object {
  try {
    return parse(readFileSync(file, 'utf8'))
  } catch (error) {
    const reason = error instanceof TomlError ? describeTomlError(error) : (error as Error).message
    throw new SettingsError(
      'unreadable',
      `the settings ${file} cannot be read: ${reason}`,
      { key: file },
      { cause: error },
    )
  }
}

/** In one line, where the library's message shows the place in several. */
function describeTomlError({ message, line, column }: TomlError): string {
  return `${message.split('\n', 1)[0]} in line ${line}, column ${column}`
}

/** Calls `take` for each value of the table; what it does not take is either a section of ours or unknown. */
function readTable(table: object, prefix: string, take: (key: string, value: unknown) => boolean): void {
  for (const [name, value] of Object.entries(table)) {
    const key = `${prefix}${name}`
    if (take(key, value)) continue
    const isSection = typeof value === 'object' && SETTING_ROWS.some((row) => row.key.startsWith(`${key}.`))
    if (!isSection) throw unknown(key, `setting ${key}`)
    readTable(value, `${key}.`, take)
  }
}

function environmentLayer(env: SettingSources['env']): Layer {
  const layer = new Map<string, unknown>()
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(ENVIRONMENT_PREFIX) || OTHER_VARIABLES.has(name) || value === undefined) continue
    const row = SETTING_ROWS.find((each) => each.environmentVariable === name)
    if (row === undefined) throw unknown(name, `environment variable ${name}`)
    layer.set(row.key, check(row, row.setting.fromText(value), name, name))
  }
  return layer
}

function flagLayer(flags: SettingSources['flags']): Layer {
  const layer = new Map<string, unknown>()
  for (const [attribute, value] of Object.entries(flags)) {
    if (value === undefined) continue
    const row = SETTING_ROWS.find((each) => each.attribute === attribute)
    if (row === undefined) throw unknown(attribute, `flag ${attribute}`)
    const given = typeof value === 'string' ? row.setting.fromText(value) : value
    layer.set(row.key, check(row, given, row.flag, row.flag))
  }
  return layer
}

function check(row: SettingRow, value: unknown, where: string, key: string): unknown {
  const result = row.setting.schema().safeParse(value)
  if (result.success) return result.data
  throw new SettingsError('invalid-value', `${where}: ${describeIssue(result.error).message}`, {
    key,
    setting: row.key,
  })
}

function unknown(key: string, what: string): SettingsError {
  return new SettingsError('unknown-key', `${what} is unknown`, { key })
}

/** The documentation of all settings: a Markdown table. */
export function settingsMarkdown(): string {
  const header = ['| Setting | Values | Default | Variable | Flag | Meaning |', '|---|---|---|---|---|---|']
  const rows = SETTING_ROWS.map(({ key, environmentVariable, flag, setting }) => {
    const initial = Array.isArray(setting.default) ? setting.default.join(',') : String(setting.default)
    const cells = [`\`${key}\``, setting.values, initial === '' ? '(empty)' : `\`${initial}\``]
    return `| ${[...cells, `\`${environmentVariable}\``, `\`${flag}\``, setting.doc].join(' | ')} |`
  })
  return `${[...header, ...rows].join('\n')}\n`
}
