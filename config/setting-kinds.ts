import { z } from 'zod'
import { parseDerivationPath } from '../primitives/developer-accounts.ts'
import type { Address } from '../primitives/hex.ts'
import { mnemonicProblem } from '../primitives/mnemonic.ts'
import { addressKey, quantity, wholeNumber } from './values.ts'

/** One row of the table of settings. */
export interface Setting<T> {
  /** What a TOML value must be, and what becomes of it. Made when it is asked for: most settings are given by nobody. */
  schema(): z.ZodType<T>
  readonly default: T
  /** For people: what the setting does. */
  readonly doc: string
  /** For people: which values it takes. */
  readonly values: string
  /** What a variable or flag, which is text, means as a TOML value. */
  fromText(text: string): unknown
  /** In a file, relative to that file. */
  readonly isPath?: boolean
  /** As a flag, needs no value. */
  readonly isToggle?: boolean
}

const asIs = (value: string): unknown => value

export function text(initial: string, doc: string): Setting<string> {
  return { schema: z.string, default: initial, doc, values: 'text', fromText: asIs }
}

/** Text that takes at most so many bytes as UTF-8. */
export function shortText(maxBytes: number, initial: string, doc: string): Setting<string> {
  const schema = () =>
    z.string().refine((value) => Buffer.byteLength(value) <= maxBytes, `expected at most ${maxBytes} bytes`)
  return { schema, default: initial, doc, values: `text of at most ${maxBytes} bytes`, fromText: asIs }
}

export function path(initial: string, doc: string): Setting<string> {
  return { schema: z.string, default: initial, doc, values: 'path', fromText: asIs, isPath: true }
}

export function choice<const Name extends string>(
  names: readonly Name[],
  initial: NoInfer<Name>,
  doc: string,
): Setting<Name> {
  const values = names.map((name) => `\`${name}\``).join(', ')
  const schema = () => z.enum(names, { error: `expected one of ${names.join(', ')}` })
  return { schema, default: initial, doc, values, fromText: asIs }
}

export function integer(min: number, max: number, initial: number, doc: string): Setting<number> {
  return { schema: () => wholeNumber(min, max), default: initial, doc, values: `${min} to ${max}`, fromText: asIs }
}

/** An amount of wei or gas: too large for a number, or not, a bigint. */
export function amount(initial: bigint, doc: string): Setting<bigint> {
  return { schema: () => quantity(8), default: initial, doc, values: 'integer', fromText: asIs }
}

const TOGGLE_TEXTS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
])

export function toggle(initial: boolean, doc: string): Setting<boolean> {
  const schema = () => z.boolean({ error: 'expected true or false' })
  const fromText = (value: string): unknown => TOGGLE_TEXTS.get(value.toLowerCase()) ?? value
  return { schema, default: initial, doc, values: '`true`, `false`', fromText, isToggle: true }
}

export function textList(initial: readonly string[], doc: string): Setting<readonly string[]> {
  const schema = () => z.array(z.string())
  const fromText = (value: string): unknown => (value === '' ? [] : value.split(',').map((item) => item.trim()))
  return { schema, default: initial, doc, values: 'list; as variable or flag with commas between', fromText }
}

export function account(initial: Address, doc: string): Setting<Address> {
  return { schema: () => addressKey, default: initial, doc, values: 'address', fromText: asIs }
}

/** Words of BIP-39. What is wrong with them is said without repeating them: they are a secret, or may be. */
export function mnemonic(initial: string, doc: string): Setting<string> {
  const schema = () =>
    z
      .string()
      .transform((words) => words.trim().replace(/\s+/g, ' '))
      .superRefine((words, context) => {
        const problem = mnemonicProblem(words)
        if (problem !== undefined) context.addIssue(problem)
      })
  return { schema, default: initial, doc, values: '12 to 24 words (BIP-39, English)', fromText: asIs }
}

export function derivationPath(initial: string, doc: string): Setting<string> {
  const isPath = (value: string): boolean => parseDerivationPath(value) !== undefined
  const schema = () => z.string().refine(isPath, "expected a path such as m/44'/60'/0'/0, indexes below 2147483648")
  return { schema, default: initial, doc, values: 'path of BIP-32', fromText: asIs }
}
