import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge, parseConversation, ResultSchemas } from './rpc-exchange.ts'

const FILE = `// asks twice
>> {"jsonrpc":"2.0","id":1,"method":"eth_a","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":{"b":[1,2],"c":null}}

>> {"jsonrpc":"2.0","id":2,"method":"eth_d","params":[]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"no","data":"0x"}}
`

test('a file is requests with their answers', () => {
  const { isSpecOnly, exchanges } = parseConversation(FILE)
  assert.equal(isSpecOnly, false)
  assert.deepEqual(
    exchanges.map(({ method }) => method),
    ['eth_a', 'eth_d'],
  )
  assert.equal(exchanges[1]?.request, '{"jsonrpc":"2.0","id":2,"method":"eth_d","params":[]}')
  assert.equal(parseConversation(`// speconly: only its shape\n${FILE}`).isSpecOnly, true)
})

test('answers are equal but for the messages of errors', () => {
  const [first, second] = parseConversation(FILE).exchanges
  assert.ok(first !== undefined && second !== undefined)
  const ok = (result: unknown) => judge({ jsonrpc: '2.0', id: 1, result }, first, undefined)
  assert.equal(ok({ c: null, b: [1, 2] }), undefined)
  assert.match(ok({ b: [1, 2] }) ?? '', /answer\.result\.c is absent, should be null/)
  assert.match(ok({ b: [1, '2'], c: null }) ?? '', /answer\.result\.b\[1\] is "2", should be 2/)
  assert.match(ok({ b: [1, 2], c: null, d: 1 }) ?? '', /answer\.result\.d is 1, should be absent/)
  assert.match(ok({ b: [1], c: null }) ?? '', /answer\.result\.b is \[1\]/)
  const failed = (error: object) => judge({ jsonrpc: '2.0', id: 2, error }, second, undefined)
  assert.equal(failed({ code: -32000, message: 'in other words', data: '0x' }), undefined)
  assert.match(failed({ code: -32001, message: 'no', data: '0x' }) ?? '', /code is -32001/)
  assert.match(failed({ code: -32000, message: 'no' }) ?? '', /data is absent/)
  assert.match(judge({ jsonrpc: '2.0', id: 2, result: 1 }, second, undefined) ?? '', /should be/)
})

test('of some only the shape is told, by the result of the method', () => {
  const [first, second] = parseConversation(FILE).exchanges
  assert.ok(first !== undefined && second !== undefined)
  const numbers = { type: 'object', properties: { b: { $ref: '#/components/schemas/List' } }, required: ['b'] }
  const schemas = new ResultSchemas({
    methods: [{ name: 'eth_a', result: { schema: numbers } }],
    components: { schemas: { List: { type: 'array', items: { type: 'number' } } } },
  })
  assert.equal(judge({ result: { b: [7] } }, first, schemas), undefined)
  assert.match(judge({ result: { b: ['7'] } }, first, schemas) ?? '', /not of its schema/)
  assert.match(judge({ error: { code: 1 } }, first, schemas) ?? '', /is an error/)
  assert.equal(judge({ error: { code: 1 } }, second, schemas), undefined)
  assert.match(judge({ result: 1 }, second, schemas) ?? '', /is no error/)
  assert.match(judge({ result: 1 }, { ...first, method: 'eth_z' }, schemas) ?? '', /has no eth_z/)
})
