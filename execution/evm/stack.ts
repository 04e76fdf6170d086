export const STACK_LIMIT = 1024

/** The stack of one frame as handlers see it. */
export interface FrameStack {
  readonly size: number
  push(word: bigint): void
  pop(): bigint
  /** The word `depth` below the top; 0 is the top. */
  peek(depth?: number): bigint
  setTop(word: bigint): void
  /** Pushes a copy of the `n`-th word, 1 being the top. */
  duplicate(n: number): void
  /** Exchanges the top with the `n`-th word below it. */
  swap(n: number): void
}

/**
 * The stack of one frame. Nothing is checked here: the interpreter's loop has done so, from the opcode table, before a
 * handler runs. Words above `size` are left over and mean nothing.
 */
export class Stack implements FrameStack {
  readonly words: bigint[] = []
  size = 0

  push(word: bigint): void {
    this.words[this.size++] = word
  }

  pop(): bigint {
    return this.words[--this.size]!
  }

  peek(depth = 0): bigint {
    return this.words[this.size - 1 - depth]!
  }

  setTop(word: bigint): void {
    this.words[this.size - 1] = word
  }

  duplicate(n: number): void {
    this.words[this.size] = this.words[this.size - n]!
    this.size++
  }

  swap(n: number): void {
    const top = this.size - 1
    const word = this.words[top - n]!
    this.words[top - n] = this.words[top]!
    this.words[top] = word
  }
}
