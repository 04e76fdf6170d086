import { type Diagnostic, pavmError } from './diagnostic.ts'
import { Misuse } from './misuse.ts'
import type { FunctionOutline } from './outline.ts'
import {
  type ControlKeyword,
  type ControlSite,
  type NoteKeyword,
  type NoteSite,
  OPERANDS,
  type Range,
  type Sites,
  type SpawnKeyword,
  type SpawnSite,
  USAGE,
} from './sites.ts'
import { functionAround, type SourceFile } from './source-file.ts'
import { unmatchedBracket } from './tokens.ts'

const SPAWNS: ReadonlySet<string> = new Set(['subsol', 'afterw', 'afterr', 'aftera'])
const CONTROLS: ReadonlySet<string> = new Set(['sleep', 'revertt'])
const NOTES: ReadonlySet<string> = new Set(['rr', 'rphash'])

const ASSIGNMENTS = new Set(['=', '+=', '-=', '*=', '/=', '%=', '|=', '&=', '^=', '<<=', '>>=', '>>>='])
/** What a bare statement can follow. */
const BEFORE_BARE = new Set(['else', 'do'])
const WITH_CONDITION = new Set(['if', 'while', 'for'])

/**
 * Finds the keywords of a source. A word that a plain Solidity file can have in its place is left alone, so `sleep[1] = 2` and
 * `sleep(5)` are about an array and a function of that name.
 * @param modifiers names of modifiers that the sources declare; a header's `rr` is that modifier where there is one
 */
export function findSites(source: SourceFile, modifiers: ReadonlySet<string>): [Sites, Diagnostic[]] {
  const finder = new Finder(source, modifiers)
  const sites = finder.find()
  if (finder.errors.length === 0) return [sites, []]
  // What is wrong with the rest follows from this.
  const unmatched = unmatchedBracket(source.tokens, source.brackets)
  if (unmatched === undefined) return [sites, finder.errors]
  return [
    sites,
    [
      pavmError(
        { file: source.name, start: unmatched.start, end: unmatched.end },
        source.text,
        'this bracket has no partner',
      ),
    ],
  ]
}

class Finder {
  readonly errors: Diagnostic[] = []
  readonly #source: SourceFile
  readonly #modifiers: ReadonlySet<string>

  constructor(source: SourceFile, modifiers: ReadonlySet<string>) {
    this.#source = source
    this.#modifiers = modifiers
  }

  find(): Sites {
    const sites = { spawns: [] as SpawnSite[], controls: [] as ControlSite[], notes: this.#notes() }
    for (let index = 0; index < this.#source.tokens.length; index++) {
      if (this.#text(index) === 'assembly') {
        index = this.#assemblyEnd(index)
        continue
      }
      if (this.#source.tokens[index]?.kind !== 'word') continue
      this.#attempt(() => {
        const spawn = this.#spawn(index)
        if (spawn !== undefined) sites.spawns.push(spawn)
        const control = this.#control(index)
        if (control !== undefined) sites.controls.push(control)
      })
    }
    return sites
  }

  #attempt(action: () => void): void {
    try {
      action()
    } catch (error) {
      if (!(error instanceof Misuse)) throw error
      const { name, text } = this.#source
      this.errors.push(pavmError({ file: name, ...error.range }, text, error.message))
    }
  }

  #notes(): NoteSite[] {
    const notes: NoteSite[] = []
    for (const declared of this.#source.outline.functions) {
      const { parameters, headerEnd, start } = declared
      if (parameters === undefined || declared.kind === 'modifier') continue
      const around = this.#source.brackets.around[start]
      for (let index = parameters.close + 1; index < headerEnd; index++) {
        const word = this.#text(index)
        if (this.#source.brackets.around[index] !== around || !NOTES.has(word)) continue
        // A base of that name is called with arguments.
        if (this.#modifiers.has(word) || this.#text(index + 1) === '(') continue
        this.#attempt(() => notes.push(this.#note(index, declared)))
      }
    }
    return notes
  }

  #note(index: number, declared: FunctionOutline): NoteSite {
    const keyword = this.#text(index) as NoteKeyword
    if (declared.body === undefined) throw new Misuse(this.#range(index), `${keyword} needs a function with a body`)
    if (declared.contract === undefined)
      throw new Misuse(this.#range(index), `${keyword} needs a function of a contract`)
    return { source: this.#source, keyword, function: declared, ...this.#range(index) }
  }

  #spawn(index: number): SpawnSite | undefined {
    const word = this.#text(index)
    if (!SPAWNS.has(word)) return undefined
    const keyword = word as SpawnKeyword
    const { operands, next } = this.#operands(index)
    const path = this.#path(next)
    // In plain Solidity nothing is called right behind an index, and nothing behind another name.
    if (path === undefined) return undefined
    if (operands.length === 0 && !this.#beginsStatement(index) && !ASSIGNMENTS.has(this.#text(index - 1))) {
      return undefined
    }
    this.#checkOperands(index, keyword, operands)
    const around = this.#function(index, keyword)
    const { start, target } = this.#statementStart(index, keyword)

    if (this.#text(path.end) === '{') {
      throw new Misuse(
        this.#range(path.end),
        `a thread has the value and a share of the gas of its parent: ${keyword} takes no call options`,
      )
    }
    const argsEnd = this.#source.brackets.partner[path.end]
    if (argsEnd === undefined) throw new Misuse(this.#range(path.end), 'this bracket has no partner')
    if (this.#text(argsEnd + 1) !== ';') {
      throw new Misuse(
        this.#range(Math.min(argsEnd + 1, this.#source.tokens.length - 1)),
        `the call of ${keyword} is a statement of its own, ended by a semicolon: ${USAGE[keyword]}`,
      )
    }
    return {
      source: this.#source,
      keyword,
      function: around,
      operands: operands.map(([open, close]) => this.#inside(open, close)),
      callee: this.#range(next, path.end - 1),
      functionName: this.#text(path.end - 1),
      args: this.#range(path.end, argsEnd),
      target,
      isInBlock: this.#isInBlock(start),
      ...this.#range(start, argsEnd + 1),
    }
  }

  #control(index: number): ControlSite | undefined {
    const word = this.#text(index)
    if (!CONTROLS.has(word) || !this.#beginsStatement(index) || this.#isInHeader(index)) return undefined
    const keyword = word as ControlKeyword
    const { operands, next } = this.#operands(index)
    if (operands.length === 0 || this.#text(next) !== ';') return undefined
    const around = functionAround(this.#source, index)
    // Outside of functions it is a type.
    if (around === undefined) return undefined
    this.#checkOperands(index, keyword, operands)
    return {
      source: this.#source,
      keyword,
      function: this.#function(index, keyword),
      operands: operands.map(([open, close]) => this.#inside(open, close)),
      ...this.#range(index, next),
    }
  }

  #checkOperands(index: number, keyword: SpawnKeyword | ControlKeyword, operands: readonly [number, number][]): void {
    const wanted = OPERANDS[keyword]
    if (operands.length !== wanted) {
      const pairs = wanted === 1 ? 'one pair' : 'two pairs'
      throw new Misuse(
        this.#range(index),
        `${keyword} takes ${pairs} of brackets, not ${operands.length}: ${USAGE[keyword]}`,
      )
    }
    for (const [open, close] of operands) {
      if (close === open + 1) throw new Misuse(this.#range(open), `nothing is in these brackets: ${USAGE[keyword]}`)
    }
  }

  #function(index: number, keyword: string): FunctionOutline {
    const around = functionAround(this.#source, index)
    if (around === undefined)
      throw new Misuse(this.#range(index), `${keyword} is a statement: it stands in the body of a function`)
    if (around.contract?.kind !== 'contract') {
      throw new Misuse(
        this.#range(index),
        `${keyword} belongs to a contract: a thread is a call of the contract that starts it`,
      )
    }
    if (around.kind === 'constructor') {
      throw new Misuse(
        this.#range(index),
        `${keyword} is not possible in a constructor: the contract has no code yet that a thread could run`,
      )
    }
    return around
  }

  /** Where the statement of a spawn begins, and what is left of its `=`. */
  #statementStart(index: number, keyword: SpawnKeyword): { start: number; target: Range | undefined } {
    const { partner } = this.#source.brackets
    const before = this.#text(index - 1)
    if (before !== '=') {
      if (ASSIGNMENTS.has(before)) {
        throw new Misuse(this.#range(index), `a thread's result is assigned with = alone, not with ${before}`)
      }
      if (this.#beginsStatement(index) && !this.#isInHeader(index)) return { start: index, target: undefined }
      throw new Misuse(
        this.#range(index),
        `${keyword} stands at the beginning of a statement or behind its =: ${USAGE[keyword]}`,
      )
    }
    if (this.#isInHeader(index)) {
      throw new Misuse(this.#range(index), `${keyword} is a statement of its own: it cannot be part of another one`)
    }
    let start = index - 1
    while (start > 0 && !this.#beginsStatement(start)) {
      const open = partner[start - 1]
      start = open !== undefined && open < start ? open : start - 1
    }
    return { start, target: this.#range(start, index - 2) }
  }

  /** Whether the innermost bracket around is not a brace. */
  #isInHeader(index: number): boolean {
    const around = this.#source.brackets.around[index]
    return around === undefined || this.#text(around) !== '{'
  }

  /** Whether what precedes lets a statement begin here. */
  #beginsStatement(index: number): boolean {
    if (this.#isInBlock(index)) return true
    const before = this.#text(index - 1)
    if (BEFORE_BARE.has(before)) return true
    if (before !== ')') return false
    const open = this.#source.brackets.partner[index - 1]
    return open !== undefined && WITH_CONDITION.has(this.#text(open - 1))
  }

  #isInBlock(index: number): boolean {
    const before = this.#text(index - 1)
    return before === '{' || before === '}' || before === ';'
  }

  /** The pairs of brackets behind a token, and the index past them. */
  #operands(index: number): { operands: [number, number][]; next: number } {
    const operands: [number, number][] = []
    let next = index + 1
    while (this.#text(next) === '[') {
      const close = this.#source.brackets.partner[next]
      if (close === undefined) break
      operands.push([next, close])
      next = close + 1
    }
    return { operands, next }
  }

  /** Names with points between them, then a parenthesis or brace: the index of that. */
  #path(start: number): { end: number } | undefined {
    let end = start
    if (this.#source.tokens[end]?.kind !== 'word') return undefined
    while (this.#text(end + 1) === '.' && this.#source.tokens[end + 2]?.kind === 'word') end += 2
    const follows = this.#text(end + 1)
    return follows === '(' || follows === '{' ? { end: end + 1 } : undefined
  }

  /** Past the block of inline assembly, where nothing is a keyword. */
  #assemblyEnd(index: number): number {
    let open = index + 1
    if (this.#source.tokens[open]?.kind === 'string') open++
    if (this.#text(open) === '(') open = (this.#source.brackets.partner[open] ?? open) + 1
    return (this.#text(open) === '{' ? this.#source.brackets.partner[open] : undefined) ?? index
  }

  #text(index: number): string {
    return this.#source.tokens[index]?.text ?? ''
  }

  #inside(open: number, close: number): Range {
    return this.#range(open + 1, close - 1)
  }

  #range(first: number, last = first): Range {
    const { tokens, text } = this.#source
    return { start: tokens[first]?.start ?? text.length, end: tokens[last]?.end ?? text.length }
  }
}
