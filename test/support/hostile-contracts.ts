import type { Hardfork } from '../../config/hardforks.ts'
import { assemble } from '../../execution/evm/fixtures/assembler.ts'

/** A contract made to hurt whoever executes it, and how it is called. */
export interface HostileContract {
  readonly name: string
  readonly code: Uint8Array
  /** Of one call; default 2,000,000. */
  readonly gasLimit?: bigint
  /** Default `osaka`; others only where its limit on a transaction's gas (EIP-7825) is in the way. */
  readonly hardfork?: Hardfork
}

/** EIP-170. */
const MAX_CODE_BYTES = 24_576

function repeat(count: number, part: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => part(index)).join(' ')
}

/** The part again and again up to the largest code, then back to the beginning. */
function filled(beginning: string, part: string): Uint8Array {
  const around = assemble(`${beginning} start: @start JUMP`)
  const count = Math.floor((MAX_CODE_BYTES - around.length) / assemble(part).length)
  return assemble(`${beginning} start: ${repeat(count, () => part)} @start JUMP`)
}

/** Ways to make a compiler work: all run until their gas is spent, and so all of them becomes hot. */
const COMPILE_BOMBS: readonly HostileContract[] = [
  { name: 'JUMPDEST at every byte', code: filled('', 'JUMPDEST') },
  { name: '24 KB of MUL', code: filled('GAS GAS', 'DUP2 MUL') },
  { name: '24 KB of divisions', code: filled('GAS GAS GAS', 'DUP3 DUP3 DUP3 MULMOD SDIV') },
  { name: '24 KB of memory and hashes', code: filled('GAS', 'DUP1 PUSH0 MSTORE PUSH1 32 PUSH0 KECCAK256 XOR') },
  {
    name: 'many return addresses',
    code: assemble(`start: ${repeat(1_500, (index) => `@r${index} @f JUMP r${index}:`)} @start JUMP f: JUMP`),
  },
  {
    name: 'many ways to return',
    code: assemble(
      `start: ${repeat(60, (index) => `@r${index} @f0 JUMP r${index}:`)} @start JUMP ${repeat(
        8,
        (index) =>
          `f${index}: @g${index} @f${index + 1} JUMP g${index}: @h${index} @f${index + 1} JUMP h${index}: JUMP`,
      )} f8: JUMP`,
    ),
  },
  {
    name: '1,000 live slots at merges',
    code: assemble(
      `${repeat(1_000, () => 'GAS')} start: ${repeat(
        400,
        (index) => `b${index}: SWAP16 ADD GAS SWAP16 ADD GAS GAS 1 AND @b${index} JUMPI`,
      )} @start JUMP`,
    ),
  },
  {
    name: 'a mesh of jumps',
    code: assemble(
      `GAS start: ${repeat(
        900,
        (index) =>
          `b${index}: 3 MUL 1 ADD DUP1 5 BYTE @b${(index * 7_919) % 900} JUMPI GAS 1 AND @b${(index * 997 + 13) % 900} JUMPI`,
      )} @start JUMP`,
    ),
  },
  {
    name: 'words that become wide one by one',
    code: assemble(
      `${repeat(16, () => '3')} start: ${repeat(
        15,
        (index) => `w${index}: SWAP${index + 1} DUP1 MUL SWAP${index + 1} GAS 7 AND @w${index} JUMPI`,
      )} @start JUMP`,
    ),
  },
]

const RUNNERS: readonly HostileContract[] = [
  { name: 'nothing but jumps', code: assemble('start: @start JUMP') },
  {
    name: 'jumps to jumps',
    code: assemble(`${repeat(2_000, (index) => `j${index}: @j${(index * 7 + 1) % 2_000} JUMP`)}`),
  },
  {
    name: 'calls of itself as deep as they go',
    code: assemble('0 0 0 0 0 ADDRESS GAS CALL 0 SSTORE'),
    gasLimit: 1n << 36n,
    hardfork: 'prague',
  },
  {
    name: 'calls of itself until the gas is gone',
    code: assemble('start: 0 0 0 0 0 ADDRESS GAS CALL POP @start JUMP'),
  },
  {
    name: 'recursion inside to the end of the stack',
    code: assemble('CALLDATASIZE @f JUMPI start: 0 0 1 0 0 ADDRESS 20000 CALL POP @start JUMP f: @r @f JUMP r: JUMP'),
  },
  { name: 'all gas into memory', code: assemble('start: 0 MSIZE MSTORE @start JUMP') },
  { name: 'memory in nested frames', code: assemble('1 300000 MSTORE8 0 0 300000 0 0 ADDRESS GAS CALL POP STOP') },
  { name: 'endless creations', code: assemble('start: 0 0 0 CREATE POP @start JUMP') },
  {
    name: 'creations in creations',
    code: assemble('CODESIZE 0 0 CODECOPY start: CODESIZE 0 0 CREATE POP @start JUMP'),
  },
  { name: 'a factory of contracts that get hot', code: factory() },
]

export const HOSTILE_CONTRACTS: readonly HostileContract[] = [...COMPILE_BOMBS, ...RUNNERS]

/** Creates contracts that differ in a constant, and gives each gas for some thousand jumps. */
function factory(): Uint8Array {
  const code = assemble('PUSH4 0 POP JUMPDEST 6 JUMP')
  const creation = assemble(
    `.69${Buffer.from(code).toString('hex')} PUSH0 MSTORE ${code.length} ${32 - code.length} RETURN`,
  )
  const word = `0x${Buffer.from(creation).toString('hex').padEnd(64, '0')}`
  return assemble(
    // The constant stands in the third byte of the word and the three behind it.
    `start: GAS 208 SHL PUSH32 ${word} OR 0 MSTORE 0 0 0 0 0 ${creation.length} 0 0 CREATE 60000 CALL POP @start JUMP`,
  )
}
