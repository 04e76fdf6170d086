import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { CodedError } from '../primitives/errors.ts'
import { RpcError } from './errors.ts'
import { Dispatcher } from './json-rpc.ts'
import { method } from './method.ts'

const logged: object[] = []
const observed: string[] = []
const calls: string[] = []
const log = { debug: () => undefined, warn: () => undefined, error: (fields: object) => logged.push(fields) }

const about = { summary: 'For tests.', result: () => z.unknown() }

const methods = new Map(
  Object.entries({
    add: method(about, { a: z.number(), b: z.number() }, ({ a, b }) => a + b),
    later: method(about, { name: z.string() }, async ({ name }) => {
      calls.push(`${name} begins`)
      await new Promise((resolve) => setTimeout(resolve, 2))
      calls.push(`${name} ends`)
      return name
    }),
    nothing: method(about, {}, () => undefined),
    big: method(about, {}, () => 'x'.repeat(600)),
    refuse: method(about, {}, () => {
      throw new RpcError('reverted', 'execution reverted', '0x1234')
    }),
    pool: method(about, {}, () => {
      throw new CodedError('nonce-too-low', 'next is 3')
    }),
    crash: method(about, {}, () => {
      throw new Error('ENOENT /home/someone/secret')
    }),
    unserialisable: method(about, {}, () => 1n),
  }),
)

const dispatcher = new Dispatcher(
  { maxBatch: 5, maxResponseBytes: 1_000 },
  { methods, log, observe: (name) => observed.push(name) },
)

async function answer(text: string): Promise<unknown> {
  const reply = await dispatcher.answer(text, {})
  return reply === undefined ? undefined : JSON.parse(reply)
}

function codeOf(reply: unknown): number | undefined {
  return (reply as { error?: { code: number } }).error?.code
}

const call = (name: string, params: unknown = [], id: unknown = 1) =>
  JSON.stringify({ jsonrpc: '2.0', id, method: name, params })

describe('single requests (JSON-RPC 2.0 §4, §5)', () => {
  test('the id comes back as it was', async () => {
    for (const id of [0, -1, 1.5, 'abc', '', null, Number.MAX_SAFE_INTEGER]) {
      assert.deepEqual(await answer(call('add', [1, 2], id)), { jsonrpc: '2.0', id, result: 3 }, String(id))
    }
  })

  test('a notification gets no answer, but runs', async () => {
    calls.length = 0
    assert.equal(await answer('{"jsonrpc":"2.0","method":"later","params":["n"]}'), undefined)
    assert.deepEqual(calls, ['n begins', 'n ends'])
    assert.equal(await answer('{"jsonrpc":"2.0","method":"no_such"}'), undefined)
  })

  test('undefined is null, absent and null params are none', async () => {
    assert.deepEqual(await answer('{"jsonrpc":"2.0","id":1,"method":"nothing"}'), {
      jsonrpc: '2.0',
      id: 1,
      result: null,
    })
    for (const none of [null, [], {}]) {
      assert.deepEqual(await answer(call('nothing', none)), { jsonrpc: '2.0', id: 1, result: null })
    }
  })

  test('malformed JSON is -32700 with id null', async () => {
    for (const text of ['', '{', '{"a":}', 'undefined', '[1,', '\u0000', '{"jsonrpc":"2.0"}}']) {
      const reply = (await answer(text)) as { id: unknown }
      assert.equal(codeOf(reply), -32700, text)
      assert.equal(reply.id, null)
    }
  })

  test('what is no request is -32600, with the id where there is one', async () => {
    const cases: readonly [string, unknown][] = [
      ['1', null],
      ['"eth_chainId"', null],
      ['null', null],
      ['{}', null],
      ['{"jsonrpc":"1.0","id":7,"method":"add"}', 7],
      ['{"jsonrpc":"2.0","id":7}', 7],
      ['{"jsonrpc":"2.0","id":7,"method":3}', 7],
      ['{"jsonrpc":"2.0","id":{},"method":"add"}', null],
      ['{"jsonrpc":"2.0","id":true,"method":"add"}', null],
      ['{"jsonrpc":"2.0","id":7,"method":"add","params":"x"}', 7],
      ['{"jsonrpc":"2.0","id":12345678901234567890,"method":"add"}', null],
      [`{"jsonrpc":"2.0","id":"${'i'.repeat(2_000)}","method":"add"}`, null],
    ]
    for (const [text, id] of cases) {
      const reply = (await answer(text)) as { id: unknown }
      assert.equal(codeOf(reply), -32600, text)
      assert.equal(reply.id, id, text)
    }
  })

  test('an unknown method is -32601 and named; so are names that every object has', async () => {
    for (const name of ['eth_nothing', 'constructor', '__proto__', 'toString', '']) {
      const reply = (await answer(call(name))) as { error: { code: number; message: string } }
      assert.equal(reply.error.code, -32601)
      assert.match(reply.error.message, new RegExp(`the method ${name} does not exist`))
    }
    assert.ok(!observed.includes('eth_nothing'))
    assert.ok(observed.includes('unknown'))
  })

  test('bad parameters are -32602 with position, name and reason', async () => {
    const messageOf = async (params: unknown) =>
      ((await answer(call('add', params))) as { error: { code: number; message: string } }).error
    assert.match((await messageOf([1])).message, /missing value for required argument 1 \(b\)/)
    assert.match((await messageOf([1, null])).message, /missing value for required argument 1 \(b\)/)
    assert.match((await messageOf(['x', 1])).message, /invalid argument 0 \(a\): .*number/)
    assert.match((await messageOf([1, 2, 3])).message, /too many arguments, want at most 2/)
    assert.match((await messageOf({ a: 1, b: 2 })).message, /by position/)
    for (const params of [[1], ['x', 1], [1, 2, 3], { a: 1 }]) assert.equal((await messageOf(params)).code, -32602)
  })

  test('parameters that cost too much to read are -32005, whatever they are', async () => {
    const codeFor = async (param: unknown) => codeOf(await answer(call('add', [param, 1])))
    assert.equal(await codeFor(Array(99_000).fill(1)), -32602)
    assert.equal(await codeFor(Array(100_000).fill(1)), -32005)
    assert.equal(await codeFor(Array(9_000).fill({})), -32602)
    assert.equal(await codeFor(Array(10_000).fill({})), -32005)
    assert.equal(await codeFor(Array(300).fill({ a: Array(300).fill([]) })), -32602)
    assert.equal(await codeFor(Array(330).fill({ a: Array(300).fill([]) })), -32005)
    const depth = 1_000
    assert.equal(await codeFor(JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`)), -32602)
  })

  test('errors of the layers keep code and data; a bug tells nothing but is logged', async () => {
    assert.deepEqual(await answer(call('refuse')), {
      jsonrpc: '2.0',
      id: 1,
      error: { code: 3, message: 'execution reverted', data: '0x1234' },
    })
    assert.deepEqual(((await answer(call('pool'))) as { error: unknown }).error, {
      code: -32000,
      message: 'nonce too low: next is 3',
    })
    logged.length = 0
    const reply = await answer(call('crash'))
    assert.deepEqual((reply as { error: unknown }).error, { code: -32603, message: 'internal error' })
    assert.equal(logged.length, 1)
    assert.equal(codeOf(await answer(call('unserialisable'))), -32603)
  })

  test('very deep nesting and very long input are answered, not crashed on', async () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
    assert.equal(codeOf(((await answer(deep)) as unknown[])[0]), -32600)
    const inParams = `{"jsonrpc":"2.0","id":1,"method":"add","params":${deep}}`
    assert.equal(codeOf(await answer(inParams)), -32005)
    assert.equal(codeOf(await answer('['.repeat(200_000))), -32700)
  })

  test('what would take long to parse is refused before it is', async () => {
    for (const many of ['['.repeat(1_100_000), `[${'{},'.repeat(500_000)}{}]`]) {
      assert.equal(codeOf(await answer(many)), -32005)
    }
    assert.equal(codeOf(await answer(call('add', [`0x${'00'.repeat(2_000_000)}`, 1]))), -32602)
  })
})

describe('batches (JSON-RPC 2.0 §6)', () => {
  test('answers stand in order; notifications leave none; bad ones stand among good ones', async () => {
    const batch = `[${call('add', [1, 2], 'a')},1,{"jsonrpc":"2.0","method":"nothing"},${call('none', [], 'c')}]`
    const replies = (await answer(batch)) as { id: unknown; result?: number }[]
    assert.deepEqual(
      replies.map(({ id }) => id),
      ['a', null, 'c'],
    )
    assert.equal(replies[0]?.result, 3)
    assert.deepEqual(replies.slice(1).map(codeOf), [-32600, -32601])
  })

  test('only notifications: nothing; empty or oversized: one error', async () => {
    assert.equal(await answer('[{"jsonrpc":"2.0","method":"nothing"}]'), undefined)
    assert.equal(codeOf(await answer('[]')), -32600)
    assert.equal(
      codeOf(
        await answer(
          `[${Array(6)
            .fill(call('add', [1, 2]))
            .join(',')}]`,
        ),
      ),
      -32600,
    )
  })

  test('requests run one after the other', async () => {
    calls.length = 0
    await answer(`[${call('later', ['a'])},${call('later', ['b'])}]`)
    assert.deepEqual(calls, ['a begins', 'a ends', 'b begins', 'b ends'])
  })

  test('nothing more is done for a client that has gone', async () => {
    calls.length = 0
    const gone = new AbortController()
    const answering = dispatcher.answer(`[${['a', 'b', 'c'].map((name) => call('later', [name])).join(',')}]`, {
      gone: gone.signal,
    })
    gone.abort()
    assert.equal(await answering, undefined)
    assert.deepEqual(calls, ['a begins', 'a ends'])
  })

  test('an answer that grows too large is cut off with errors', async () => {
    const replies = (await answer(`[${[1, 2, 3, 4].map((id) => call('big', [], id)).join(',')}]`)) as unknown[]
    assert.deepEqual(replies.map(codeOf), [undefined, undefined, -32005, -32005])
  })
})
