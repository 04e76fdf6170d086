import type { ZodError } from 'zod'
import { CodedError } from '../primitives/errors.ts'

/**
 * - `unreadable`: the file cannot be read, or is not TOML.
 * - `unknown-key`: nobody reads it: most likely misspelt.
 * - `invalid-value`: of the wrong type, or outside its range.
 */
export type SettingsErrorCode = 'unreadable' | 'unknown-key' | 'invalid-value'

/** A node cannot start with these settings; `details.key` names the one at fault. */
export class SettingsError extends CodedError<SettingsErrorCode> {}

/**
 * - `unknown-key`: not a key of geth's genesis, nor of ours.
 * - `invalid-value`: of the wrong type, or outside its range.
 * - `fork-order`: a hardfork comes before its predecessor, or without it.
 * - `plan-before-cancun`: blocks before Cancun cannot be replayed by a plan.
 */
export type GenesisErrorCode = 'unknown-key' | 'invalid-value' | 'fork-order' | 'plan-before-cancun'

/** No chain can be made of this genesis; `details.key` names the key at fault. */
export class GenesisError extends CodedError<GenesisErrorCode> {}

/** The first thing wrong as code, dotted key and sentence. */
export function describeIssue(error: ZodError): {
  readonly code: 'unknown-key' | 'invalid-value'
  readonly key: string
  readonly message: string
} {
  const issue = error.issues[0]!
  const path = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    return { code: 'unknown-key', key: [...path, issue.keys[0]!].join('.'), message: 'unknown key' }
  }
  return { code: 'invalid-value', key: path.join('.'), message: issue.message }
}
