import type { Rules } from '../../config/hardforks.ts'
import { CONTROL, ENVIRONMENT, FRAME, TOPIC_BYTES } from '../state/linear-memory.ts'
import type { Emitter } from './emitter.ts'
import { EXIT } from './exit-reasons.ts'
import { constant, constantOf, type Word } from './word.ts'

/** Writes code for an instruction whose stack has been checked and whose base gas has been taken. */
export type Emission = (emitter: Emitter, rules: Rules) => void

/**
 * What each instruction does, for the interpreter and the compiler alike. Instructions that are not here look at accounts or
 * begin messages: the machine leaves them to the host, which runs their handlers of the reference interpreter.
 */
export const EMISSIONS: Readonly<Record<string, Emission>> = {
  STOP: (e) => e.exit(EXIT.stop),
  INVALID: (e) => e.exit(EXIT.invalidOpcode),
  RETURN: (e) => exitWithOutput(e, EXIT.return),
  REVERT: (e) => exitWithOutput(e, EXIT.revert),

  ADD: binary((e, a, b) => e.add(a, b)),
  MUL: binary((e, a, b) => e.multiply(a, b)),
  SUB: binary((e, a, b) => e.subtract(a, b)),
  DIV: binary((e, a, b) => e.divide(a, b)),
  SDIV: binary((e, a, b) => e.signedDivide(a, b)),
  MOD: binary((e, a, b) => e.modulo(a, b)),
  SMOD: binary((e, a, b) => e.signedModulo(a, b)),
  ADDMOD: (e) => e.push(e.addModulo(e.pop(), e.pop(), e.pop())),
  MULMOD: (e) => e.push(e.multiplyModulo(e.pop(), e.pop(), e.pop())),
  EXP: (e, rules) => e.push(e.exponentiate(e.pop(), e.pop(), rules.gas.expPerByte)),
  SIGNEXTEND: binary((e, position, word) => e.signExtend(position, word)),

  LT: binary((e, a, b) => e.lessThan(a, b, false)),
  GT: binary((e, a, b) => e.lessThan(b, a, false)),
  SLT: binary((e, a, b) => e.lessThan(a, b, true)),
  SGT: binary((e, a, b) => e.lessThan(b, a, true)),
  EQ: binary((e, a, b) => e.equal(a, b)),
  ISZERO: unary((e, a) => e.isZero(a)),
  AND: binary((e, a, b) => e.and(a, b)),
  OR: binary((e, a, b) => e.or(a, b)),
  XOR: binary((e, a, b) => e.xor(a, b)),
  NOT: unary((e, a) => e.not(a)),
  BYTE: binary((e, position, word) => e.byte(position, word)),
  SHL: binary((e, amount, word) => e.shiftLeft(amount, word)),
  SHR: binary((e, amount, word) => e.shiftRight(amount, word)),
  SAR: binary((e, amount, word) => e.shiftRightSigned(amount, word)),
  CLZ: unary((e, a) => e.countLeadingZeros(a)),

  KECCAK256: keccak,

  ADDRESS: fromFrame(FRAME.address, 160),
  CALLER: fromFrame(FRAME.caller, 160),
  CALLVALUE: fromFrame(FRAME.value, 256),
  ORIGIN: fromEnvironment(ENVIRONMENT.origin, 160),
  GASPRICE: fromEnvironment(ENVIRONMENT.gasPrice, 256),
  COINBASE: fromEnvironment(ENVIRONMENT.coinbase, 160),
  TIMESTAMP: fromEnvironment(ENVIRONMENT.timestamp, 256),
  NUMBER: fromEnvironment(ENVIRONMENT.number, 256),
  DIFFICULTY: fromEnvironment(ENVIRONMENT.randomness, 256),
  PREVRANDAO: fromEnvironment(ENVIRONMENT.randomness, 256),
  GASLIMIT: fromEnvironment(ENVIRONMENT.gasLimit, 256),
  CHAINID: fromEnvironment(ENVIRONMENT.chainId, 256),
  BASEFEE: fromEnvironment(ENVIRONMENT.baseFee, 256),
  BLOBBASEFEE: fromEnvironment(ENVIRONMENT.blobBaseFee, 256),
  SELFBALANCE: selfBalance,
  BLOBHASH: unary(blobHash),
  CALLDATASIZE: sizeInFrame(FRAME.inputLength),
  CODESIZE: sizeInFrame(FRAME.codeLength),
  RETURNDATASIZE: sizeInFrame(FRAME.returnLength),
  CALLDATALOAD: unary(callDataLoad),
  CALLDATACOPY: (e) => copy(e, e.functions.copyCallData),
  MCOPY: (e) => copy(e, e.functions.copyMemory),

  POP: (e) => {
    e.pop()
  },
  MLOAD: unary((e, offset) => e.loadBigEndian(e.address(offset, 32))),
  MSTORE: (e) => {
    const [offset, word] = [e.pop(), e.pop()]
    e.storeBigEndian(e.address(offset, 32), word)
  },
  MSTORE8: memoryStoreByte,
  MSIZE: (e) => {
    e.body.get(e.registers.frame).memory('i64.load32_u', FRAME.memorySize)
    e.push(e.takeLimb(32))
  },
  SLOAD: storageLoad,
  SSTORE: storageStore,
  TLOAD: transientLoad,
  TSTORE: transientStore,
  ...Object.fromEntries([0, 1, 2, 3, 4].map((topics) => [`LOG${topics}`, log(topics)])),
  JUMP: (e) => e.jump(e.pop()),
  JUMPI: (e) => e.jumpIf(e.pop(), e.pop()),
  JUMPDEST: (e) => e.jumpDestination(),
  PC: (e) => e.push(e.programCounter()),
  GAS: (e) => {
    e.settleGas()
    e.push(e.gasLeft())
  },

  PUSH0: (e) => e.push(constant(0n)),
  ...series(32, 'PUSH', (n) => (e) => e.push(e.immediate(n))),
  ...series(16, 'DUP', (n) => (e) => e.duplicate(n)),
  ...series(16, 'SWAP', (n) => (e) => e.swap(n)),
}

function series(count: number, name: string, emission: (n: number) => Emission): Record<string, Emission> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`${name}${index + 1}`, emission(index + 1)]))
}

function unary(operation: (e: Emitter, a: Word) => Word): Emission {
  return (e) => e.push(operation(e, e.pop()))
}

function binary(operation: (e: Emitter, a: Word, b: Word) => Word): Emission {
  return (e) => e.push(operation(e, e.pop(), e.pop()))
}

function fromFrame(offset: number, bits: number): Emission {
  return (e) => e.push(e.placed(e.registers.frame, offset, bits))
}

function fromEnvironment(address: number, bits: number): Emission {
  return (e) => {
    const base = e.local('i32')
    e.body.i32(address).set(base)
    e.push(e.placed(base, 0, bits))
  }
}

function sizeInFrame(offset: number): Emission {
  return (e) => {
    e.body.get(e.registers.frame).memory('i64.load32_u', offset)
    e.push(e.takeLimb(32))
  }
}

/** The one look at an account that costs 5 gas: worth a way of its own to the host. */
function selfBalance(e: Emitter): void {
  e.settleGas()
  const address = e.local('i32')
  e.body.call(e.functions.selfBalance).set(address)
  e.push(e.copied(address))
}

function blobHash(e: Emitter, index: Word): Word {
  const address = e.local('i32')
  e.body.get(e.clamped(index)).call(e.functions.blobHash).set(address)
  return e.copied(address)
}

function callDataLoad(e: Emitter, offset: Word): Word {
  const { body, registers } = e
  const { frame } = registers
  const address = e.local('i32')
  const clamped = e.clamped(offset)
  const length = e.local('i64')
  // Most words lie inside the data: 31 bytes before its end none does.
  body.get(frame).memory('i64.load32_u', FRAME.inputLength).set(length).get(clamped)
  body.get(length).i64(31).emit('i64.sub').i64(0).get(length).i64(31).emit('i64.gt_u').emit('select').emit('i64.lt_u')
  body.if(
    () =>
      body.get(frame).memory('i32.load', FRAME.input).get(clamped).emit('i32.wrap_i64').emit('i32.add').set(address),
    () => body.get(frame).get(clamped).call(e.functions.callDataWord).set(address),
  )
  return e.loadBigEndian(address)
}

function copy(e: Emitter, functionIndex: number): void {
  const [to, from, length] = [e.pop(), e.pop(), e.pop()]
  e.callCharging(functionIndex, e.clamped(to), e.clamped(from), e.clamped(length))
  if ((constantOf(length) ?? 0n) > 0n) e.noteOffset(to)
  e.reloadMemoryLimit()
}

function memoryStoreByte(e: Emitter): void {
  const [offset, word] = [e.pop(), e.pop()]
  e.materialise(word)
  const address = e.address(offset, 1)
  e.body.get(address)
  e.pushLimb(e.limb(word, 0)).memory('i64.store8')
}

function keccak(e: Emitter): void {
  const { body, registers } = e
  // Preimages may be noted.
  e.settleGas()
  const [offset, length] = [e.clamped(e.pop()), e.clamped(e.pop())]
  const digest = e.local('i32')
  body.get(registers.frame).get(registers.gas).get(offset).get(length).call(e.functions.hash).set(digest)
  body.tee(registers.gas).i64(0).emit('i64.lt_s').brIf(e.halts['out-of-gas'])
  e.reloadMemoryLimit()
  e.push(e.loadBigEndian(digest))
}

function exitWithOutput(e: Emitter, reason: number): void {
  const { body, registers } = e
  e.settleGas()
  const [offset, length] = [e.clamped(e.pop()), e.clamped(e.pop())]
  body.get(length).emit('i64.eqz').emit('i32.eqz')
  body.if(() => e.expand(offset, length))
  body.get(registers.frame).get(offset).memory('i64.store32', FRAME.outputOffset)
  body.get(registers.frame).get(length).memory('i64.store32', FRAME.outputLength)
  e.exit(reason)
}

function storageLoad(e: Emitter): void {
  const { body, registers } = e
  e.settleGas()
  const address = e.local('i32')
  const key = e.pop()
  e.materialise(key)
  body.get(registers.frame).get(registers.gas)
  e.pushLimbs(key).call(e.functions.loadStorage).set(address)
  body.tee(registers.gas).i64(0).emit('i64.lt_s').brIf(e.halts['out-of-gas'])
  e.push(e.copied(address))
}

function storageStore(e: Emitter): void {
  const { body, registers } = e
  e.settleGas()
  e.haltIfStatic()
  const [key, value] = [e.pop(), e.pop()]
  e.materialise(key, value)
  body.get(registers.frame).get(registers.gas)
  e.pushLimbs(key)
  e.pushLimbs(value).call(e.functions.storeStorage)
  body.tee(registers.gas).i64(0).emit('i64.lt_s').brIf(e.halts['out-of-gas'])
}

function transientLoad(e: Emitter): void {
  e.settleGas()
  const address = e.local('i32')
  const key = e.pop()
  e.materialise(key)
  e.body.get(e.registers.frame)
  e.pushLimbs(key).call(e.functions.loadTransient).set(address)
  e.push(e.copied(address))
}

function transientStore(e: Emitter): void {
  e.settleGas()
  e.haltIfStatic()
  const [key, value] = [e.pop(), e.pop()]
  e.materialise(key, value)
  e.body.get(e.registers.frame)
  e.pushLimbs(key)
  e.pushLimbs(value).call(e.functions.storeTransient)
}

function log(topicCount: number): Emission {
  return (e) => {
    e.settleGas()
    e.haltIfStatic()
    const [offset, length] = [e.clamped(e.pop()), e.clamped(e.pop())]
    for (let topic = 0; topic < topicCount; topic++) {
      const address = e.local('i32')
      e.body.i32(CONTROL.topics + TOPIC_BYTES * topic).set(address)
      e.storeBigEndian(address, e.pop())
    }
    const topics = e.local('i32')
    e.body.i32(topicCount).set(topics)
    e.callCharging(e.functions.log, offset, length, topics)
    e.reloadMemoryLimit()
  }
}
