import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { webAssembly } from '../../primitives/wasm/webassembly.ts'
import { CompilePort } from '../compiler/compile-port.ts'
import { type CompilerOptions, DEFAULT_COMPILER_OPTIONS } from '../compiler/compiler-options.ts'
import { assemble } from '../evm/fixtures/assembler.ts'
import { askCompiler, compileRequest } from './fixtures/compile-request.ts'
import { SharedCompiler } from './shared-compiler.ts'

function compilerWith(context: TestContext, options: Partial<CompilerOptions> = {}): SharedCompiler {
  const compiler = new SharedCompiler({ ...DEFAULT_COMPILER_OPTIONS, ...options })
  context.after(() => compiler.close())
  return compiler
}

const LOOP = assemble('1000 loop: 1 SWAP1 SUB DUP1 @loop JUMPI STOP')
const BRANCHES = assemble('0 CALLDATALOAD @second JUMPI 1 0 SSTORE STOP second: 2 0 SSTORE STOP')

/** Marks the blocks at these positions as run. */
function executed(code: Uint8Array, ...positions: readonly number[]): Uint8Array {
  const flags = new Uint8Array(code.length)
  for (const position of positions) flags[position] = 3
  return flags
}

test('each code is compiled once, for all who ask', async (context) => {
  const compiler = compilerWith(context)
  const ports = [compiler.connect(), compiler.connect(), compiler.connect()]
  const together = await Promise.all(ports.map((port) => askCompiler(port, compileRequest(LOOP))))
  const [[after]] = [await askCompiler(compiler.connect(), compileRequest(LOOP, { id: 'mine' }))]
  for (const answer of [...together.flat(), after!]) {
    assert.equal(answer.reason, undefined)
    assert.ok(answer.module instanceof webAssembly.Module)
    assert.ok(answer.bytes > 0)
  }
  assert.equal(after!.id, 'mine')
  const { compiled, reused, waiting, bytes, milliseconds } = compiler.counts()
  assert.deepEqual({ compiled, reused, waiting, bytes }, { compiled: 1, reused: 3, waiting: 0, bytes: after!.bytes })
  assert.ok(milliseconds > 0)
})

test('a module serves whoever has met no more, and the next covers what the last one did', async (context) => {
  const compiler = compilerWith(context)
  const port = compiler.connect()
  const second = BRANCHES.lastIndexOf(0x5b)
  const askFor = (...positions: number[]) =>
    askCompiler(port, compileRequest(BRANCHES, { executed: executed(BRANCHES, ...positions) }))
  const [first] = await askFor(0)
  const [both] = await askFor(0, second)
  const [again] = await askFor(0)
  assert.ok(both!.bytes > first!.bytes)
  assert.equal(again!.bytes, both!.bytes)
  assert.equal(compiler.counts().compiled, 2)
  await askCompiler(port, compileRequest(BRANCHES, { executed: executed(BRANCHES, 0), wide: ['5:0'] }))
  await askCompiler(port, compileRequest(BRANCHES, { executed: executed(BRANCHES, second), wide: ['5:0'] }))
  assert.equal(compiler.counts().compiled, 3)
  // Other rules, another module.
  await askCompiler(port, compileRequest(BRANCHES, { hardfork: 'cancun' }))
  assert.equal(compiler.counts().compiled, 4)
})

test('what takes too long is not tried again', async (context) => {
  const compiler = compilerWith(context, { timeoutMs: 1 })
  const port = compiler.connect()
  const jumps = Array.from({ length: 1_500 }, (_, index) => `b${index}: 1 ADD DUP1 @b${index} JUMPI`).join(' ')
  // An answer that is there when the timer is due counts, so not every compilation is stopped.
  let inTime = 0
  let slow = assemble(jumps)
  let [answer] = await askCompiler(port, compileRequest(slow))
  while (answer!.reason === undefined && inTime < 50) {
    slow = assemble(`${++inTime} ${jumps}`)
    ;[answer] = await askCompiler(port, compileRequest(slow))
  }
  assert.match(answer!.reason ?? '', /took longer than 1 ms/)
  assert.equal(answer!.module, undefined)
  const [again] = await askCompiler(compiler.connect(), compileRequest(slow))
  assert.equal(again!.reason, answer!.reason)
  const { givenUp, stopped, compiled } = compiler.counts()
  assert.deepEqual({ givenUp, stopped, compiled }, { givenUp: 1, stopped: 1, compiled: inTime })
})

test('what does not fit is not compiled', async (context) => {
  const compiler = compilerWith(context, { maxModuleBytes: 4_096 })
  const code = assemble(`GAS GAS ${'DUP2 MUL GAS '.repeat(50)} SSTORE`)
  const [answer] = await askCompiler(compiler.connect(), compileRequest(code))
  assert.equal(answer!.reason, 'the module is too large')
  assert.equal(compiler.counts().givenUp, 1)
})

test('a thread that runs out of memory is the code’s fault, and is replaced', async (context) => {
  const compiler = compilerWith(context, { heapMegabytes: 20, timeoutMs: 30_000 })
  const port = compiler.connect()
  const block = (index: number) => `b${index}: ${'SWAP16 ADD GAS '.repeat(2)} DUP1 @b${index} JUMPI`
  const code = assemble(`${'GAS '.repeat(1_000)} ${Array.from({ length: 400 }, (_, index) => block(index)).join(' ')}`)
  const [answer] = await askCompiler(port, compileRequest(code))
  assert.match(answer!.reason ?? '', /the compile thread died/)
  const [next] = await askCompiler(port, compileRequest(LOOP))
  assert.ok(next!.module instanceof webAssembly.Module)
  const { stopped, compiled } = compiler.counts()
  assert.deepEqual({ stopped, compiled }, { stopped: 1, compiled: 1 })
})

test('beyond the queue askers are told so at once, and may ask again', async (context) => {
  const compiler = compilerWith(context, { queue: 2 })
  const port = compiler.connect()
  const codes = Array.from({ length: 6 }, (_, index) => assemble(`${index} loop: 1 ADD DUP1 @loop JUMPI STOP`))
  const answers = await askCompiler(port, ...codes.map((code, index) => compileRequest(code, { id: `${index}` })))
  const busy = answers.filter(({ reason }) => reason === 'busy')
  assert.ok(busy.length >= 3 && busy.length < 6, `${busy.length} were told that it is busy`)
  assert.equal(compiler.counts().busy, busy.length)
  const [again] = await askCompiler(port, compileRequest(codes[Number(busy[0]!.id)]!))
  assert.ok(again!.module instanceof webAssembly.Module)
})

test('modules beyond the memory for them go, those used least recently first', async (context) => {
  const compiler = compilerWith(context, { cacheMegabytes: 1 })
  const port = compiler.connect()
  const large = (seed: number) => assemble(`${seed} POP ${'GAS DUP1 SLOAD SSTORE '.repeat(800)}`)
  const first = compileRequest(large(1))
  await askCompiler(port, first)
  const { bytes } = compiler.counts()
  assert.ok(bytes > 65_536, `${bytes} bytes`)
  const count = Math.ceil(1_048_576 / bytes) + 3
  for (let seed = 2; seed < count; seed++) {
    await askCompiler(port, compileRequest(large(seed)))
    await askCompiler(port, first)
  }
  const counts = compiler.counts()
  assert.ok(counts.bytes <= 1_048_576)
  assert.ok(counts.evicted > 0)
  assert.equal(counts.compiled, count - 1, 'what is used is kept')
  await askCompiler(port, compileRequest(large(2)))
  assert.equal(compiler.counts().compiled, count)
})

test('after the end nobody is answered, and nothing is left that runs', async (context) => {
  const compiler = compilerWith(context)
  const port = compiler.connect()
  new CompilePort(port).request(compileRequest(LOOP))
  await new Promise((resolve) => setTimeout(resolve, 5))
  await compiler.close()
  assert.deepEqual(new CompilePort(port).poll(), [])
})
