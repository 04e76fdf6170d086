import type { Fp, Fp2, G1, G2 } from 'mcl-wasm'
import { CurveNotLoaded } from './curve-loading.ts'
import type { Mcl } from './mcl.ts'

/** How a precompile writes field elements. */
export interface CurveEncoding {
  /** Bytes of a field element, big-endian ... */
  readonly fieldBytes: number
  /** ... behind so many zero bytes. */
  readonly paddingBytes: number
  /** mcl's own order of bytes for this curve. */
  readonly isMclBigEndian: boolean
  /** Of an element of the quadratic extension, the imaginary part stands first. */
  readonly isImaginaryFirst: boolean
}

export type Pair = readonly [G1, G2]

/**
 * Points of a pairing-friendly curve as precompiles read and write them: affine coordinates one after another, all zero
 * for the point at infinity. Readers give `undefined` for a coordinate not below the field's prime and for a point that is
 * not on the curve; whether it is in the subgroup is another question (`isValidOrder`).
 */
export class PairingCurve {
  readonly elementBytes: number
  readonly g1Bytes: number
  readonly g2Bytes: number
  readonly #encoding: CurveEncoding
  readonly #loadMcl: () => Promise<Mcl>
  #loading: Promise<void> | undefined
  #loaded: { readonly mcl: Mcl; readonly one: Fp; readonly one2: Fp2 } | undefined

  constructor(encoding: CurveEncoding, modules: { readonly loadMcl: () => Promise<Mcl> }) {
    this.#loadMcl = modules.loadMcl
    this.#encoding = encoding
    this.elementBytes = encoding.paddingBytes + encoding.fieldBytes
    this.g1Bytes = 2 * this.elementBytes
    this.g2Bytes = 4 * this.elementBytes
  }

  /** To be awaited before anything else is asked of it: all that does throws `CurveNotLoaded` until then. */
  async load(): Promise<void> {
    this.#loading ??= this.#load()
    await this.#loading
  }

  get mcl(): Mcl {
    return this.#ready.mcl
  }

  get #ready() {
    if (this.#loaded === undefined) throw new CurveNotLoaded('the curve is not loaded yet')
    return this.#loaded
  }

  async #load(): Promise<void> {
    const mcl = await this.#loadMcl()
    const [one, one2] = [new mcl.Fp(), new mcl.Fp2()]
    one.setInt(1)
    one2.setInt(1, 0)
    this.#loaded = { mcl, one, one2 }
  }

  /** The whole of `bytes`. */
  readElement(bytes: Uint8Array): Fp | undefined {
    const { fieldBytes, paddingBytes, isMclBigEndian } = this.#encoding
    for (let position = 0; position < paddingBytes; position++) if (bytes[position] !== 0) return undefined
    const digits = bytes.slice(paddingBytes, paddingBytes + fieldBytes)
    const element = new this.mcl.Fp()
    try {
      element.deserialize(isMclBigEndian ? digits : digits.reverse())
      return element
    } catch {
      // The library throws on what is not below the prime.
      return undefined
    }
  }

  readElement2(bytes: Uint8Array): Fp2 | undefined {
    const first = this.readElement(bytes.subarray(0, this.elementBytes))
    const second = this.readElement(bytes.subarray(this.elementBytes))
    if (first === undefined || second === undefined) return undefined
    const element = new this.mcl.Fp2()
    element.set_a(this.#encoding.isImaginaryFirst ? second : first)
    element.set_b(this.#encoding.isImaginaryFirst ? first : second)
    return element
  }

  readG1(bytes: Uint8Array): G1 | undefined {
    const x = this.readElement(bytes.subarray(0, this.elementBytes))
    const y = this.readElement(bytes.subarray(this.elementBytes))
    if (x === undefined || y === undefined) return undefined
    const point = new this.mcl.G1()
    if (x.isZero() && y.isZero()) return point
    point.setX(x)
    point.setY(y)
    point.setZ(this.#ready.one)
    return point.isValid() ? point : undefined
  }

  readG2(bytes: Uint8Array): G2 | undefined {
    const x = this.readElement2(bytes.subarray(0, 2 * this.elementBytes))
    const y = this.readElement2(bytes.subarray(2 * this.elementBytes))
    if (x === undefined || y === undefined) return undefined
    const point = new this.mcl.G2()
    if (x.isZero() && y.isZero()) return point
    point.setX(x)
    point.setY(y)
    point.setZ(this.#ready.one2)
    return point.isValid() ? point : undefined
  }

  writeG1(point: G1): Uint8Array {
    const output = new Uint8Array(this.g1Bytes)
    if (point.isZero()) return output
    point.normalize()
    this.#writeElement(output, 0, point.getX())
    this.#writeElement(output, 1, point.getY())
    return output
  }

  writeG2(point: G2): Uint8Array {
    const output = new Uint8Array(this.g2Bytes)
    if (point.isZero()) return output
    point.normalize()
    this.#writeElement2(output, 0, point.getX())
    this.#writeElement2(output, 2, point.getY())
    return output
  }

  #writeElement2(output: Uint8Array, index: number, element: Fp2): void {
    const { isImaginaryFirst } = this.#encoding
    this.#writeElement(output, index, isImaginaryFirst ? element.get_b() : element.get_a())
    this.#writeElement(output, index + 1, isImaginaryFirst ? element.get_a() : element.get_b())
  }

  #writeElement(output: Uint8Array, index: number, element: Fp): void {
    const { paddingBytes, isMclBigEndian } = this.#encoding
    const digits = element.serialize()
    output.set(isMclBigEndian ? digits : digits.reverse(), index * this.elementBytes + paddingBytes)
  }

  /** Whether the product of the pairings is 1. */
  pairingIsOne(pairs: readonly Pair[]): boolean {
    const { mcl } = this
    let product = new mcl.GT()
    product.setInt(1)
    for (const [left, right] of pairs) {
      // The pairing with the point at infinity is 1, which the library's Miller loop does not say.
      if (!left.isZero() && !right.isZero()) product = mcl.mul(product, mcl.millerLoop(left, right))
    }
    return mcl.finalExp(product).isOne()
  }
}
