import { once } from '../once.ts'
import type { FunctionBody, Local, ModuleBuilder } from './encoder.ts'

/** Indexes of the functions in their module. Addresses are of its memory, at any alignment; input is read in place. */
export interface KeccakFunctions {
  /** (input, length, output): Keccak-256. All input is read before the 32 bytes are written. */
  readonly keccak256: number
  /** (state, input, blocks): takes blocks of `KECCAK_BLOCK_BYTES` into `KECCAK_STATE_BYTES`, zeros in the beginning. */
  readonly absorb: number
  /** (state, input, length, output): Keccak-256 of all that the state took in, followed by this. The state stays. */
  readonly finish: number
}

const LANES = 25
const LANE_BYTES = 8
const BLOCK_LANES = 17
const DIGEST_LANES = 4
export const KECCAK_BLOCK_BYTES: number = BLOCK_LANES * LANE_BYTES
export const KECCAK_STATE_BYTES: number = LANES * LANE_BYTES

/** In place of an address: no state to begin with, no digest wanted. Neither would fit behind it. */
const NONE = -1

/**
 * Adds Keccak-256 to a module that imports a memory. The functions are exported if they are given names. They share one body
 * of 19 kB, with one permutation whose 24 rounds are written out: 64 bytes take 0.32 µs, 0.65 by hash-wasm.
 */
export function addKeccak(
  builder: ModuleBuilder,
  names: Readonly<Partial<Record<keyof KeccakFunctions, string>>> = {},
): KeccakFunctions {
  const sponge = builder.function(['i32', 'i32', 'i32', 'i32'], [], writeSponge)
  const keccak256 = builder.function(
    ['i32', 'i32', 'i32'],
    [],
    (body) => body.i32(NONE).get(0).get(1).get(2).call(sponge),
    names.keccak256,
  )
  const absorb = builder.function(
    ['i32', 'i32', 'i32'],
    [],
    (body) => body.get(0).get(1).get(2).i32(KECCAK_BLOCK_BYTES).emit('i32.mul').i32(NONE).call(sponge),
    names.absorb,
  )
  const finish = builder.function(
    ['i32', 'i32', 'i32', 'i32'],
    [],
    (body) => body.get(0).get(1).get(2).get(3).call(sponge),
    names.finish,
  )
  return { keccak256, absorb, finish }
}

/** Parameters of the sponge. */
const STATE: Local = 0
const INPUT: Local = 1
const LENGTH: Local = 2
const OUTPUT: Local = 3

/**
 * Takes in whole blocks while there are any. Then, without an output, all lanes go to the state; with one, the padded rest is
 * taken in and the digest written.
 */
function writeSponge(body: FunctionBody): void {
  const lanes = newLocals(body, LANES)
  const isLast = body.local('i32')
  body.get(STATE).i32(NONE).emit('i32.ne')
  body.if(() => {
    for (const [index, lane] of lanes.entries())
      body
        .get(STATE)
        .memory('i64.load', index * LANE_BYTES)
        .set(lane)
  })
  writeComplements(body, lanes)
  body.loop((next) => {
    body.get(LENGTH).i32(KECCAK_BLOCK_BYTES).emit('i32.ge_u')
    body.if(
      () => writeWholeBlock(body, lanes),
      () => {
        body.get(OUTPUT).i32(NONE).emit('i32.eq')
        body.if(() => {
          writeComplements(body, lanes)
          for (const [index, lane] of lanes.entries())
            body
              .get(STATE)
              .get(lane)
              .memory('i64.store', index * LANE_BYTES)
          body.emit('return')
        })
        writePaddedRest(body, lanes)
        body.i32(1).set(isLast)
      },
    )
    writePermutation(body, lanes)
    body.get(isLast).emit('i32.eqz').brIf(next)
  })
  writeComplements(body, lanes.slice(0, DIGEST_LANES))
  for (const [index, lane] of lanes.slice(0, DIGEST_LANES).entries()) {
    body
      .get(OUTPUT)
      .get(lane)
      .memory('i64.store', index * LANE_BYTES)
  }
}

function writeWholeBlock(body: FunctionBody, lanes: readonly Local[]): void {
  for (const [index, lane] of lanes.slice(0, BLOCK_LANES).entries()) {
    body
      .get(lane)
      .get(INPUT)
      .memory('i64.load', index * LANE_BYTES)
      .emit('i64.xor')
      .set(lane)
  }
  body.get(INPUT).i32(KECCAK_BLOCK_BYTES).emit('i32.add').set(INPUT)
  body.get(LENGTH).i32(KECCAK_BLOCK_BYTES).emit('i32.sub').set(LENGTH)
}

/** The padding of Keccak: 0x01 behind the input, and in the block's last byte this bit. */
const LAST_BIT = 1n << 63n

/**
 * Takes in less than a block. A jump goes to the lane in which the input ends; from there on each lane falls through to the
 * one before it, so that nothing is copied and no lane is looked at that has no input.
 */
function writePaddedRest(body: FunctionBody, lanes: readonly Local[]): void {
  const word = body.local('i64')
  writeLastWord(body)
  body.set(word)
  const blockLanes = lanes.slice(0, BLOCK_LANES)
  const labels = blockLanes.map(() => body.begin('block'))
  body.get(LENGTH).i32(3).emit('i32.shr_u').brTable(labels, labels[0]!)
  for (const [index, lane] of [...blockLanes.entries()].reverse()) {
    body.end()
    body.get(lane).get(word).emit('i64.xor').set(lane)
    if (index > 0)
      body
        .get(INPUT)
        .memory('i64.load', (index - 1) * LANE_BYTES)
        .set(word)
  }
  const last = blockLanes.at(-1)!
  body.get(last).i64(LAST_BIT).emit('i64.xor').set(last)
  body.release(word)
}

/** Leaves on the stack the input's last bytes, fewer than a lane, and 0x01 behind them. */
function writeLastWord(body: FunctionBody): void {
  const bits = body.local('i64')
  body.get(LENGTH).i32(3).emit('i32.shl').i32(63).emit('i32.and').emit('i64.extend_i32_u').set(bits)
  body.get(INPUT).get(LENGTH).emit('i32.add').i32(LANE_BYTES).emit('i32.ge_u')
  // A whole lane is read: one that ends where the input does, for what is behind it may be outside of the memory.
  body.if(
    () => {
      body.get(INPUT).get(LENGTH).emit('i32.add').i32(LANE_BYTES).emit('i32.sub').memory('i64.load')
      // By 64 less the bits; a shift by 64 would be none, hence two.
      body.i64(1).emit('i64.shr_u').i64(63).get(bits).emit('i64.sub').emit('i64.shr_u')
    },
    () => {
      body.get(INPUT).memory('i64.load')
      body.i64(1).get(bits).emit('i64.shl').i64(1).emit('i64.sub').emit('i64.and')
    },
    'i64',
  )
  body.i64(1).get(bits).emit('i64.shl').emit('i64.or')
  body.release(bits)
}

/** Keccak-f[1600] (FIPS 202, section 3.3). Its rounds write to two sets of lanes in turn. */
function writePermutation(body: FunctionBody, lanes: readonly Local[]): void {
  const others = newLocals(body, LANES)
  for (const [round, constant] of roundConstants().entries()) {
    const [from, to] = round % 2 === 0 ? [lanes, others] : [others, lanes]
    writeRound(body, from, to, constant)
  }
  body.release(...others)
}

/**
 * The five steps of a round, lane (x, y) of FIPS 202 standing at index x + 5 y. After theta's sums a plane is finished before
 * the next is begun: 15 % faster than step by step, as fewer values wait outside of registers.
 */
function writeRound(body: FunctionBody, from: readonly Local[], to: readonly Local[], constant: bigint): void {
  const sums = newLocals(body, SIDE)
  const mixes = newLocals(body, SIDE)
  const plane = newLocals(body, SIDE)
  for (const [x, sum] of sums.entries()) {
    body.get(from[x]!)
    for (let lane = x + SIDE; lane < LANES; lane += SIDE) body.get(from[lane]!).emit('i64.xor')
    body.set(sum)
  }
  for (const [x, mix] of mixes.entries()) {
    body
      .get(sums[(x + 1) % SIDE]!)
      .i64(1)
      .emit('i64.rotl')
      .get(sums[(x + 4) % SIDE]!)
      .emit('i64.xor')
      .set(mix)
  }
  for (const [y, chi] of chiOfPlanes().entries()) {
    for (const [x, moved] of plane.entries()) {
      const origin = ORIGINS[x + SIDE * y]!
      body
        .get(from[origin]!)
        .get(mixes[origin % SIDE]!)
        .emit('i64.xor')
      body.i64(rotations()[origin]!).emit('i64.rotl').set(moved)
    }
    writeChi(body, chi, plane, to.slice(SIDE * y, SIDE * (y + 1)))
  }
  body.get(to[0]!).i64(constant).emit('i64.xor').set(to[0]!)
  body.release(...sums, ...mixes, ...plane)
}

function writeChi(body: FunctionBody, chi: ChiOfPlane, plane: readonly Local[], to: readonly Local[]): void {
  const complement = body.local('i64')
  body.get(plane[chi.complemented]!).i64(-1).emit('i64.xor').set(complement)
  const read = (x: number, isComplemented: boolean) => body.get(isComplemented ? complement : plane[x % SIDE]!)
  for (const [x, { complements, operation }] of chi.lanes.entries()) {
    read(x, complements[0])
    read(x + 1, complements[1])
    read(x + 2, complements[2])
    body.emit(operation).emit('i64.xor').set(to[x]!)
  }
  body.release(complement)
}

function newLocals(body: FunctionBody, count: number): Local[] {
  return Array.from({ length: count }, () => body.local('i64'))
}

/** Lanes are 5 by 5. */
const SIDE = 5
const COORDINATES = [0, 1, 2, 3, 4]

/** From where the step pi takes each lane: (x, y) comes from (x + 3 y, x). */
const ORIGINS = COORDINATES.flatMap((y) => COORDINATES.map((x) => ((x + 3 * y) % SIDE) + SIDE * x))

/** By how much the step rho turns each lane: the triangular numbers, on the way on which pi leads from lane (1, 0). */
const rotations = once((): number[] => {
  const offsets: number[] = new Array(LANES).fill(0)
  for (let step = 1, lane = 1; step < LANES; step++) {
    offsets[lane] = ((step * (step + 1)) / 2) % 64
    lane = ORIGINS.indexOf(lane)
  }
  return offsets
})

/** The step iota: seven bits of each constant, at 2^j - 1, come from a shift register (FIPS 202, algorithm 5). */
const roundConstants = once((): bigint[] => {
  let register = 1
  return Array.from({ length: 24 }, () => {
    let constant = 0n
    for (let j = 0; j < 7; j++) {
      if ((register & 1) !== 0) constant |= 1n << BigInt(2 ** j - 1)
      register <<= 1
      if (register > 0xff) register ^= 0x171
    }
    return constant
  })
})

/**
 * Lanes that stand for their complement between rounds. The step chi, b ^ (~c & d), complements a lane each time, for which
 * WebAssembly has no instruction. Where one of c and d is a complement already it needs none: ~c & d is an `and` with the
 * complement of c, and the complement of an `or` with that of d. With these six lanes, one complement a plane is left of five
 * (11 % faster): no fewer are possible, as the five pairs of a plane are a ring of odd length.
 */
const COMPLEMENTED = [1, 2, 8, 12, 17, 20]

function writeComplements(body: FunctionBody, lanes: readonly Local[]): void {
  for (const index of COMPLEMENTED) {
    const lane = lanes[index]
    if (lane !== undefined) body.get(lane).i64(-1).emit('i64.xor').set(lane)
  }
}

interface ChiOfLane {
  /** For which of b, c and d the complement of what stands there is used. */
  readonly complements: readonly [boolean, boolean, boolean]
  readonly operation: 'i64.and' | 'i64.or'
}

interface ChiOfPlane {
  /** The lane, by its x, of which a complement is made. */
  readonly complemented: number
  readonly lanes: readonly ChiOfLane[]
}

const chiOfPlanes = once((): ChiOfPlane[] => {
  const isComplement = Array.from({ length: LANES }, (_, lane) => COMPLEMENTED.includes(lane))
  // The steps between turn lanes and add them up: a sum is a complement if an odd number of its terms are.
  const isSum = COORDINATES.map((x) => COORDINATES.filter((y) => isComplement[x + SIDE * y]).length % 2 === 1)
  const isMoved = ORIGINS.map((origin) => {
    const x = origin % SIDE
    return (isComplement[origin] !== isSum[(x + 1) % SIDE]) !== isSum[(x + 4) % SIDE]
  })
  return COORDINATES.map((y) => {
    const ofPlane = (lanes: readonly boolean[]) => lanes.slice(SIDE * y, SIDE * (y + 1))
    for (const complemented of COORDINATES) {
      const lanes = COORDINATES.map((x) => chiOfLane(x, complemented, ofPlane(isMoved), ofPlane(isComplement)))
      if (lanes.every((lane) => lane !== undefined)) return { complemented, lanes }
    }
    throw new Error('these lanes cannot be kept as complements')
  })
})

/** A way to get lane x as it is wanted from the lanes of its plane as they are; `undefined` where there is none. */
function chiOfLane(
  x: number,
  complemented: number,
  isComplement: readonly boolean[],
  isWanted: readonly boolean[],
): ChiOfLane | undefined {
  const choices = (at: number) => (at % SIDE === complemented ? [false, true] : [false])
  for (const b of choices(x)) {
    for (const c of choices(x + 1)) {
      for (const d of choices(x + 2)) {
        const [isB, isC, isD] = [b, c, d].map((choice, term) => choice !== isComplement[(x + term) % SIDE])
        const operation = isC ? 'i64.and' : 'i64.or'
        const isResult = isB !== (operation === 'i64.or')
        if (isC !== isD && isResult === isWanted[x]) return { complements: [b, c, d], operation }
      }
    }
  }
  return undefined
}
