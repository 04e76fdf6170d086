import type { FunctionOutline } from './outline.ts'
import type { SourceFile } from './source-file.ts'

/** A stretch of the source, in bytes. */
export interface Range {
  readonly start: number
  readonly end: number
}

export type SpawnKeyword = 'subsol' | 'afterw' | 'afterr' | 'aftera'
export type ControlKeyword = 'sleep' | 'revertt'
export type NoteKeyword = 'rr' | 'rphash'

interface Site extends Range {
  readonly source: SourceFile
  /** The function it is in; the one whose header it is in for a word of a header. */
  readonly function: FunctionOutline
}

/** `target = subsol [id] callee args;` or one of its kin: the range is the whole statement. */
export interface SpawnSite extends Site {
  readonly keyword: SpawnKeyword
  /** What is in the brackets: an id, and for some keywords a variable. */
  readonly operands: readonly Range[]
  readonly callee: Range
  /** The last name of the callee. */
  readonly functionName: string
  /** With its parentheses. */
  readonly args: Range
  /** What the result is assigned to: an expression or a declaration. */
  readonly target: Range | undefined
  /** Whether it stands in braces, not bare behind `if`, `else` or a loop. */
  readonly isInBlock: boolean
}

/** `sleep [id] [turns];` or `revertt [id];` */
export interface ControlSite extends Site {
  readonly keyword: ControlKeyword
  readonly operands: readonly Range[]
}

/** A word in a function's header: the range is the word. */
export interface NoteSite extends Site {
  readonly keyword: NoteKeyword
}

export interface Sites {
  readonly spawns: readonly SpawnSite[]
  readonly controls: readonly ControlSite[]
  readonly notes: readonly NoteSite[]
}

/** How each keyword is written. */
export const USAGE: Readonly<Record<SpawnKeyword | ControlKeyword | NoteKeyword, string>> = {
  subsol: 'subsol [id] f(…);',
  afterw: 'afterw [id] [variable] f(…);',
  afterr: 'afterr [id] [variable] f(…);',
  aftera: 'aftera [id] f(…);',
  sleep: 'sleep [id] [turns];',
  revertt: 'revertt [id];',
  rr: 'function f() public rr { … }',
  rphash: 'function f() public rphash { … }',
}

/** How many pairs of brackets follow each keyword. */
export const OPERANDS: Readonly<Record<SpawnKeyword | ControlKeyword, number>> = {
  subsol: 1,
  afterw: 2,
  afterr: 2,
  aftera: 1,
  sleep: 2,
  revertt: 1,
}
