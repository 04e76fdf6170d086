import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runFile } from './run-file.ts'
import { VectorReader } from './vector-files.ts'

const directory = mkdtempSync(join(tmpdir(), 'pavm-'))
after(() => rmSync(directory, { recursive: true, force: true }))

const ERROR = { code: -32000, message: 'genesis is not traceable' }
const request = { jsonrpc: '2.0', id: 1, method: 'debug_traceBlockByNumber', params: ['0x0'] }

test('an answer is right to the letter, or wrong', async () => {
  const write = (path: string, content: unknown) => writeFileSync(join(directory, path), JSON.stringify(content))
  mkdirSync(join(directory, 'chain'))
  mkdirSync(join(directory, 'specs/tracer'), { recursive: true })
  write('chain/genesis.json', { config: { chainId: 5, pavm: { engine: 'ethereum', plan: false } }, alloc: {} })
  writeFileSync(join(directory, 'chain/blocks.bin'), '')
  write('specs/tracer/1-right.json', { request, response: { jsonrpc: '2.0', id: 1, error: ERROR } })
  const worded = { ...ERROR, message: 'the genesis is not traceable' }
  write('specs/tracer/2-worded.json', { request, response: { jsonrpc: '2.0', id: 1, error: worded } })
  write('specs/tracer/3-result.json', { request, response: { jsonrpc: '2.0', id: 1, result: [] } })
  write('specs/tracer/4-none.json', {})
  const options = { name: '', fork: '', stride: 1, offset: 0, trace: false }
  const { suite, byFork, failures } = await runFile('chain/genesis.json', options, new VectorReader({ directory }))
  assert.equal(suite, 'traces')
  assert.deepEqual(byFork.get('-'), { passed: 1, failed: 3, skipped: 0 })
  assert.deepEqual(
    failures.map(({ name }) => name),
    ['tracer/2-worded', 'tracer/3-result', 'tracer/4-none'],
  )
  assert.match(failures[1]!.problem, /answer\.result is absent/)
})
