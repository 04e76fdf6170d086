import { OPCODES, type Opcode, SIMD_OPCODES, type SimdOpcode } from './opcodes.ts'

/** Number types of WebAssembly, with their codes in the binary format (section 5.3.1). */
const VALUE_TYPES = { i32: 0x7f, i64: 0x7e, v128: 0x7b } as const

export type ValueType = keyof typeof VALUE_TYPES

/** Index of a local: parameters first. */
export type Local = number

/** A block that can be branched to. */
export interface Label {
  readonly depth: number
}

const VOID = 0x40
const MULTI_BYTE_PREFIX = 0xfc
const SIMD_PREFIX = 0xfd
const INITIAL_BYTES = 1_024

/** Bytes in the making: grows as it is written to. */
export class ByteWriter {
  #bytes: Uint8Array = new Uint8Array(INITIAL_BYTES)
  length = 0

  byte(value: number): void {
    if (this.length === this.#bytes.length) this.#grow(1)
    this.#bytes[this.length++] = value
  }

  bytes(values: ArrayLike<number>): void {
    if (this.length + values.length > this.#bytes.length) this.#grow(values.length)
    this.#bytes.set(values, this.length)
    this.length += values.length
  }

  /** LEB128 (section 5.2.2). */
  unsigned(value: number): void {
    let rest = value >>> 0
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    this.byte(rest)
  }

  /** Signed LEB128 of at most 32 bits. */
  signed(value: number): void {
    let rest = value | 0
    for (;;) {
      const low = rest & 0x7f
      rest >>= 7
      if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) {
        this.byte(low)
        return
      }
      this.byte(low | 0x80)
    }
  }

  /** Signed LEB128 of at most 64 bits. */
  signed64(value: bigint): void {
    let rest = BigInt.asIntN(64, value)
    if (rest >= -0x8000_0000n && rest <= 0x7fff_ffffn) {
      this.signed(Number(rest))
      return
    }
    for (;;) {
      const low = Number(rest & 0x7fn)
      rest >>= 7n
      if ((rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0)) {
        this.byte(low)
        return
      }
      this.byte(low | 0x80)
    }
  }

  name(text: string): void {
    const bytes = new TextEncoder().encode(text)
    this.unsigned(bytes.length)
    this.bytes(bytes)
  }

  /** A window, good until the next write. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.length)
  }

  #grow(more: number): void {
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.length + more))
    grown.set(this.written())
    this.#bytes = grown
  }
}

/**
 * The body of one function. Methods append an instruction each and return the body, so that a line reads in the order in
 * which the stack machine works; control structures take what is inside as a function.
 */
export class FunctionBody {
  readonly #code = new ByteWriter()
  readonly #locals: ValueType[]
  readonly #parameters: number
  readonly #free: Record<ValueType, Local[]> = { i32: [], i64: [], v128: [] }
  #depth = 0
  #structures = 0

  constructor(parameters: readonly ValueType[]) {
    this.#locals = [...parameters]
    this.#parameters = parameters.length
  }

  /** Bytes of code so far. */
  get size(): number {
    return this.#code.length
  }

  get localCount(): number {
    return this.#locals.length
  }

  /** Blocks, loops and ifs so far. */
  get structureCount(): number {
    return this.#structures
  }

  /** A local that nobody else has until it is released. Its value is what the last owner left. */
  local(type: ValueType): Local {
    return this.#free[type].pop() ?? this.#locals.push(type) - 1
  }

  release(...locals: readonly Local[]): void {
    for (const local of locals) this.#free[this.#locals[local]!].push(local)
  }

  emit(opcode: Opcode): this {
    this.#code.byte(OPCODES[opcode])
    return this
  }

  get(local: Local): this {
    this.#code.byte(0x20)
    this.#code.unsigned(local)
    return this
  }

  set(local: Local): this {
    this.#code.byte(0x21)
    this.#code.unsigned(local)
    return this
  }

  tee(local: Local): this {
    this.#code.byte(0x22)
    this.#code.unsigned(local)
    return this
  }

  i32(value: number): this {
    this.#code.byte(0x41)
    this.#code.signed(value)
    return this
  }

  i64(value: bigint | number): this {
    this.#code.byte(0x42)
    if (typeof value === 'number') this.#code.signed(value)
    else this.#code.signed64(value)
    return this
  }

  /** A load or store of an address on the stack, plus a constant offset. Alignment is only a hint: none is given. */
  memory(opcode: Opcode, offset = 0): this {
    this.#code.byte(OPCODES[opcode])
    this.#code.byte(0)
    this.#code.unsigned(offset)
    return this
  }

  /** Destination, source, length. */
  memoryCopy(): this {
    this.#code.bytes([MULTI_BYTE_PREFIX, 0x0a, 0, 0])
    return this
  }

  /** Destination, byte, length. */
  memoryFill(): this {
    this.#code.bytes([MULTI_BYTE_PREFIX, 0x0b, 0])
    return this
  }

  simd(opcode: SimdOpcode, ...immediates: readonly number[]): this {
    this.#code.byte(SIMD_PREFIX)
    this.#code.unsigned(SIMD_OPCODES[opcode])
    this.#code.bytes(immediates)
    return this
  }

  simdMemory(opcode: 'v128.load' | 'v128.store', offset = 0): this {
    this.#code.byte(SIMD_PREFIX)
    this.#code.unsigned(SIMD_OPCODES[opcode])
    this.#code.byte(0)
    this.#code.unsigned(offset)
    return this
  }

  call(functionIndex: number): this {
    this.#code.byte(0x10)
    this.#code.unsigned(functionIndex)
    return this
  }

  /** Branches to `label` go behind it. */
  block(inside: (label: Label) => void): this {
    return this.#structure(0x02, inside)
  }

  /** Branches to `label` go to its beginning. */
  loop(inside: (label: Label) => void): this {
    return this.#structure(0x03, inside)
  }

  /** The same left open until `end`: for structures that nest by a plan and not by the text. */
  begin(kind: 'block' | 'loop' | 'if', result?: ValueType): Label {
    this.#code.byte(kind === 'block' ? 0x02 : kind === 'loop' ? 0x03 : 0x04)
    this.#code.byte(result === undefined ? VOID : VALUE_TYPES[result])
    this.#depth++
    this.#structures++
    return { depth: this.#depth }
  }

  end(): this {
    this.#depth--
    this.#code.byte(0x0b)
    return this
  }

  /** If the i32 on the stack is not 0. */
  if(then: () => void, otherwise?: () => void, result?: ValueType): this {
    this.begin('if', result)
    then()
    if (otherwise !== undefined) {
      this.#code.byte(0x05)
      otherwise()
    }
    return this.end()
  }

  br(label: Label): this {
    this.#code.byte(0x0c)
    this.#code.unsigned(this.#depth - label.depth)
    return this
  }

  brIf(label: Label): this {
    this.#code.byte(0x0d)
    this.#code.unsigned(this.#depth - label.depth)
    return this
  }

  /** By the i32 on the stack; `otherwise` for what is not in the table. */
  brTable(labels: readonly Label[], otherwise: Label): this {
    this.#code.byte(0x0e)
    this.#code.unsigned(labels.length)
    for (const label of labels) this.#code.unsigned(this.#depth - label.depth)
    this.#code.unsigned(this.#depth - otherwise.depth)
    return this
  }

  /** Locals and code as in section 5.5.13, without the size in front. */
  encode(): Uint8Array {
    const writer = new ByteWriter()
    const runs: { type: ValueType; count: number }[] = []
    for (const type of this.#locals.slice(this.#parameters)) {
      const last = runs.at(-1)
      if (last?.type === type) last.count++
      else runs.push({ type, count: 1 })
    }
    writer.unsigned(runs.length)
    for (const { type, count } of runs) {
      writer.unsigned(count)
      writer.byte(VALUE_TYPES[type])
    }
    writer.bytes(this.#code.written())
    writer.byte(0x0b)
    return writer.written()
  }

  #structure(opcode: number, inside: (label: Label) => void): this {
    this.#code.byte(opcode)
    this.#code.byte(VOID)
    this.#depth++
    this.#structures++
    inside({ depth: this.#depth })
    return this.end()
  }
}

interface Signature {
  readonly parameters: readonly ValueType[]
  readonly results: readonly ValueType[]
}

interface DeclaredFunction {
  readonly type: number
  readonly parameters: readonly ValueType[]
  readonly exportAs: string | undefined
  body: Uint8Array | undefined
}

/** A module in the binary format (section 5.5): imported memory and functions, functions of its own, exports. */
export class ModuleBuilder {
  readonly #types = new Map<string, { readonly index: number; readonly signature: Signature }>()
  readonly #importedFunctions: { readonly module: string; readonly name: string; readonly type: number }[] = []
  readonly #functions: DeclaredFunction[] = []
  #memory: { readonly module: string; readonly name: string; readonly pages: number } | undefined

  /** Its size is fixed: `pages` of 64 KiB. */
  importMemory(module: string, name: string, pages: number): void {
    this.#memory = { module, name, pages }
  }

  /** Comes before all functions of the module's own. @returns the function's index */
  importFunction(
    module: string,
    name: string,
    parameters: readonly ValueType[],
    results: readonly ValueType[],
  ): number {
    if (this.#functions.length > 0) throw new Error('functions are imported before any is declared')
    return this.#importedFunctions.push({ module, name, type: this.#type({ parameters, results }) }) - 1
  }

  /** A function that `define` gives a body to. @returns its index */
  declare(parameters: readonly ValueType[], results: readonly ValueType[], exportAs?: string): number {
    const type = this.#type({ parameters, results })
    this.#functions.push({ type, parameters, exportAs, body: undefined })
    return this.#importedFunctions.length + this.#functions.length - 1
  }

  define(index: number, write: (body: FunctionBody) => void): void {
    const declared = this.#functions[index - this.#importedFunctions.length]!
    const body = new FunctionBody(declared.parameters)
    write(body)
    declared.body = body.encode()
  }

  /** `declare` and `define` in one. @returns the function's index */
  function(
    parameters: readonly ValueType[],
    results: readonly ValueType[],
    write: (body: FunctionBody) => void,
    exportAs?: string,
  ): number {
    const index = this.declare(parameters, results, exportAs)
    this.define(index, write)
    return index
  }

  encode(): Uint8Array {
    const writer = new ByteWriter()
    writer.bytes([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00])
    section(writer, 1, (content) => {
      content.unsigned(this.#types.size)
      for (const { signature } of this.#types.values()) {
        content.byte(0x60)
        for (const types of [signature.parameters, signature.results]) {
          content.unsigned(types.length)
          for (const type of types) content.byte(VALUE_TYPES[type])
        }
      }
    })
    section(writer, 2, (content) => {
      content.unsigned(this.#importedFunctions.length + (this.#memory === undefined ? 0 : 1))
      if (this.#memory !== undefined) {
        content.name(this.#memory.module)
        content.name(this.#memory.name)
        content.bytes([0x02, 0x01])
        content.unsigned(this.#memory.pages)
        content.unsigned(this.#memory.pages)
      }
      for (const { module, name, type } of this.#importedFunctions) {
        content.name(module)
        content.name(name)
        content.byte(0x00)
        content.unsigned(type)
      }
    })
    section(writer, 3, (content) => {
      content.unsigned(this.#functions.length)
      for (const { type } of this.#functions) content.unsigned(type)
    })
    section(writer, 7, (content) => {
      const exported = [...this.#functions.entries()].filter(([, { exportAs }]) => exportAs !== undefined)
      content.unsigned(exported.length)
      for (const [index, { exportAs }] of exported) {
        content.name(exportAs!)
        content.byte(0x00)
        content.unsigned(this.#importedFunctions.length + index)
      }
    })
    section(writer, 10, (content) => {
      content.unsigned(this.#functions.length)
      for (const { body } of this.#functions) {
        if (body === undefined) throw new Error('a function was declared and not defined')
        content.unsigned(body.length)
        content.bytes(body)
      }
    })
    return writer.written().slice()
  }

  #type(signature: Signature): number {
    const key = `${signature.parameters.join()}:${signature.results.join()}`
    const known = this.#types.get(key)
    if (known !== undefined) return known.index
    const index = this.#types.size
    this.#types.set(key, { index, signature })
    return index
  }
}

function section(writer: ByteWriter, id: number, write: (content: ByteWriter) => void): void {
  const content = new ByteWriter()
  write(content)
  writer.byte(id)
  writer.unsigned(content.length)
  writer.bytes(content.written())
}
