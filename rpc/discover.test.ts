import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { readVectors, skipWithout } from '../primitives/fixtures/vectors.ts'
import { MemoryNode, signed } from './fixtures/memory-node.ts'
import { RpcClient } from './fixtures/rpc-client.ts'

type JsonSchema = Readonly<Record<string, unknown>>

interface Document {
  readonly openrpc: string
  readonly methods: readonly {
    readonly name: string
    readonly summary: string
    readonly params: readonly { readonly name: string; readonly required?: boolean; readonly schema: JsonSchema }[]
    readonly result: { readonly name: string; readonly schema: JsonSchema }
  }[]
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> }
}

const client = new RpcClient(new MemoryNode())
const document: Document = await client.result('rpc.discover')
const byName = new Map(document.methods.map((method) => [method.name, method]))

/** A schema of the document as a validator. */
function validator(schema: JsonSchema): z.ZodType {
  const whole = JSON.stringify({ ...schema, $defs: document.components.schemas })
  return z.fromJSONSchema(JSON.parse(whole.replaceAll('#/components/schemas/', '#/$defs/')))
}

test('every method is there, with a summary and its parameters', () => {
  assert.deepEqual([...byName.keys()].sort(), [...client.methods.keys()].sort())
  for (const { name, summary, params } of document.methods) {
    assert.match(summary, /^[A-Z].*\.$/, name)
    for (const { schema } of params)
      assert.ok(Object.keys(schema).length > 0, `${name}: a parameter that may be anything`)
  }
})

test('parameters stand in order, those that may be left out last', () => {
  const { params = [] } = byName.get('eth_getStorageAt') ?? {}
  assert.deepEqual(
    params.map(({ name, required }) => [name, required]),
    [
      ['address', true],
      ['slot', true],
      ['block', false],
    ],
  )
  for (const { name, params } of document.methods) {
    const required = params.map((each) => each.required)
    assert.deepEqual(required, [...required].sort().reverse(), name)
  }
})

test('what the document says of parameters is what is taken', () => {
  const accepts = (name: string, position: number, value: unknown): boolean =>
    validator(byName.get(name)?.params[position]?.schema ?? {}).safeParse(value).success
  const account = `0x${'ab'.repeat(20)}`
  assert.ok(accepts('eth_getBalance', 0, account))
  assert.ok(!accepts('eth_getBalance', 0, 'ab'.repeat(20)))
  for (const block of ['latest', '0x1', `0x${'00'.repeat(32)}`, { blockHash: `0x${'00'.repeat(32)}` }]) {
    assert.ok(accepts('eth_getBalance', 1, block), JSON.stringify(block))
  }
  assert.ok(!accepts('eth_getBalance', 1, 'newest'))
  assert.ok(!accepts('eth_getBalance', 1, '0x01'))
  assert.ok(accepts('eth_getLogs', 0, { address: [account], topics: [null, [`0x${'00'.repeat(32)}`]] }))
  assert.ok(!accepts('eth_getLogs', 0, { address: ['0x'] }))
  assert.ok(accepts('eth_call', 2, { [account]: { stateDiff: { '0x1': '0x2' } } }))
  assert.ok(!accepts('eth_call', 2, { [account]: { balance: 1 } }))
  assert.ok(!accepts('eth_call', 2, { me: {} }))
})

test('what the document says of results is what they are', async () => {
  const node = new MemoryNode()
  const block = node.mine([{ transaction: signed() }])
  const other = new RpcClient(node)
  const check = async (name: string, params: readonly unknown[]) => {
    const result = await other.result(name, params)
    const schema = validator(byName.get(name)?.result.schema ?? {})
    assert.ok(schema.safeParse(result).success, name)
    assert.ok(!schema.safeParse({ ...result, strange: 1 }).success, `${name} with a strange field`)
  }
  await check('eth_getBlockByHash', [block.hash, true])
  await check('eth_getBlockByNumber', ['0x1'])
  await check('eth_feeHistory', ['0x1', 'latest', [50]])
  await check('txpool_content', [])
  await check('pavm_nodeInfo', [])
})

/** Which the specification would have without a block, but not say which one is meant. */
const WITHOUT_DEFAULT = ['eth_getBlockTransactionCountByHash', 'eth_getBlockTransactionCountByNumber']

test('all methods of execution-apis are served, and want no more than it says', {
  skip: skipWithout('execution-apis'),
}, () => {
  const specification = readVectors<Document>('execution-apis/openrpc.json.gz')
  for (const { name, params } of specification.methods) {
    // Those of the consensus layer are another interface; testing_ is served where it is asked for.
    if (name.startsWith('engine_') || name.startsWith('testing_')) continue
    const ours = byName.get(name)
    assert.ok(ours !== undefined, `${name} is not served`)
    assert.ok(ours.params.length >= params.length, `${name} has too few parameters`)
    assert.ok(Object.keys(ours.result.schema).length > 0, `${name}: a result that may be anything`)
    if (WITHOUT_DEFAULT.includes(name)) continue
    for (const [position, { name: parameter, required }] of ours.params.entries()) {
      assert.ok(!required || params[position]?.required, `${name}: ${parameter} is required`)
    }
  }
})
