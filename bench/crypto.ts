import { secp256k1 as nobleCurve } from '@noble/curves/secp256k1.js'
import { keccak_256 as nobleKeccak } from '@noble/hashes/sha3.js'
import { createKeccak } from 'hash-wasm'
import { bigintToBytes, concatBytes } from '../primitives/bytes.ts'
import { keccak256 } from '../primitives/keccak.ts'
import { recoverPublicKey, signHash } from '../primitives/secp256k1.ts'
import { instantiateKeccak } from '../primitives/wasm/keccak-instance.ts'
import { type MeasureOptions, measureInTurns, median, type Step, threadClock } from './measure.ts'
import type { Report } from './report.ts'

export interface CryptoOptions extends MeasureOptions {
  /** Digests in each round; a tenth as many of the slow implementations, and a hundredth as many recoveries. */
  readonly digests: number
}

/** Slots' keys, mappings' keys, one whole block, and a node or two of a trie. */
const LENGTHS = [32, 64, 136, 1_024]

/** A name, and what is measured by that name. */
interface Contender {
  readonly name: string
  readonly times: number
  run(): unknown
}

interface Match {
  readonly name: string
  readonly ours: Contender
  readonly others: readonly Contender[]
}

/** What hashing and signatures cost: ours, and what there is besides. */
export async function measureCrypto(options: CryptoOptions): Promise<Report> {
  const matches = [...(await keccakMatches(options.digests)), recoveryMatch(Math.ceil(options.digests / 100))]
  const rows: Report['rows'][number][] = []
  for (const match of matches) rows.push(...(await measureMatch(match, options)))
  return {
    title: 'Keccak-256 and secp256k1',
    columns: ['', 'other / ours', 'ours, µs', 'other, µs'],
    rows,
    notes: [
      `Medians of ${options.rounds} rounds after ${options.warmUps} to warm up, CPU time of the thread. "In place" is the function that`,
      'WebAssembly calls, on its own memory; the others take a byte array and return one.',
    ],
  }
}

async function keccakMatches(digests: number): Promise<Match[]> {
  const hashWasm = await createKeccak(256)
  const { memory, keccak256: inPlace } = instantiateKeccak(1)
  return LENGTHS.map((length) => {
    const input = Uint8Array.from({ length }, (_, index) => index)
    memory.set(input, 64)
    return {
      name: `Keccak-256 of ${length} bytes`,
      ours: { name: 'ours', times: digests, run: () => keccak256(input) },
      others: [
        { name: 'hash-wasm', times: digests, run: () => hashWasm.init().update(input).digest('binary') },
        { name: '@noble/hashes', times: Math.ceil(digests / 10), run: () => nobleKeccak(input) },
        { name: 'ours, in place', times: digests, run: () => inPlace(64, length, 0) },
      ],
    }
  })
}

function recoveryMatch(times: number): Match {
  const hash = keccak256(Uint8Array.of(1))
  const { r, s, yParity } = signHash(hash, new Uint8Array(32).fill(0x46))
  const recovered = concatBytes(Uint8Array.of(Number(yParity)), bigintToBytes(r, 32), bigintToBytes(s, 32))
  const noble = () => nobleCurve.Signature.fromBytes(recovered, 'recovered').recoverPublicKey(hash).toBytes(false)
  return {
    name: 'recovery of a public key',
    ours: { name: 'ours (secp256k1, native)', times, run: () => recoverPublicKey(hash, yParity, r, s) },
    others: [{ name: '@noble/curves', times: Math.ceil(times / 10), run: noble }],
  }
}

async function measureMatch({ name, ours, others }: Match, options: CryptoOptions): Promise<Report['rows']> {
  const subjects = [ours, ...others].map((contender) => ({ steps: [stepOf(contender)] }))
  const samples = await measureInTurns(subjects, options, threadClock())
  const usOf = (contender: Contender) => median(samples.get(contender.name)!) / contender.times
  return others.map((other) => {
    const us = usOf(other)
    return [`${name}: ${other.name}`, `${(us / usOf(ours)).toFixed(2)} x`, usOf(ours), us] as const
  })
}

function stepOf({ name, times, run }: Contender): Step {
  return {
    name,
    run() {
      for (let time = 0; time < times; time++) run()
    },
  }
}
