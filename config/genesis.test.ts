import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { readVectors, skipWithout, VECTORS } from '../primitives/fixtures/vectors.ts'
import { headerHash } from '../primitives/header.ts'
import { hexToBytes, ZERO_HASH } from '../primitives/hex.ts'
import { rulesAt } from './chain.ts'
import { GenesisError, type GenesisErrorCode } from './config-error.ts'
import { developmentGenesis, genesisToJson, parseGenesis, parseGenesisText } from './genesis.ts'
import { FORK_KEYS } from './genesis-forks.ts'
import { CREATE2_FACTORY, SYSTEM_CONTRACTS } from './system-contracts.ts'
import { DEFAULT_THREAD_GAS, DEFAULT_THREAD_RULES, parseThreadGas, threadGasToJson } from './thread-rules.ts'

const ADDRESS = '0x00000000000000000000000000000000000000aa'
const FORKS = Object.fromEntries(
  FORK_KEYS.filter(({ hardfork }) => hardfork !== 'daoFork' && !hardfork.startsWith('bpo')).map(({ key }) => [key, 0]),
)

function genesis(config: Record<string, unknown> = {}, fields: Record<string, unknown> = {}) {
  return parseGenesis({ config: { chainId: 1, ...config }, alloc: {}, ...fields })
}

function refused(make: () => unknown, code: GenesisErrorCode, key: string): void {
  assert.throws(make, (error) => {
    assert.ok(error instanceof GenesisError, String(error))
    assert.deepEqual([error.code, error.details.key], [code, key])
    assert.ok(error.message.includes(key))
    return true
  })
}

function roundTrip(text: string): void {
  const first = parseGenesisText(text)
  assert.deepEqual(parseGenesisText(JSON.stringify(genesisToJson(first))), first)
}

for (const file of ['execution-apis/tests/genesis.json', 'debug-tracers/chain-data/genesis.json']) {
  test(`there and back: ${file}`, { skip: skipWithout(file) }, () => {
    roundTrip(readFileSync(join(VECTORS, file), 'utf8'))
  })
}

describe('public genesis files', { skip: skipWithout('execution-apis', 'debug-tracers') }, () => {
  test('before the Merge', () => {
    const parsed = parseGenesis(readVectors('execution-apis/tests/genesis.json'))
    assert.equal(parsed.config.chainId, 3_503_995_874_084_926n)
    assert.equal(parsed.config.terminalTotalDifficulty, 4_732_352n)
    assert.equal(parsed.config.pavm.plan, false)
    assert.equal(parsed.alloc.size, 27)
    assert.equal(parsed.difficulty, 131_072n)
    assert.equal(parsed.baseFeePerGas, undefined)
    assert.equal(Buffer.from(parsed.extraData).toString(), 'hivechain')
  })

  test('after it: the fields of the hardfork of block 0, with their defaults', () => {
    const parsed = parseGenesis(readVectors('debug-tracers/chain-data/genesis.json'))
    assert.equal(parsed.timestamp, 1_753_280_940n)
    assert.deepEqual(parsed.nonce, Uint8Array.of(0, 0, 0, 0, 0, 0, 0x12, 0x34))
    assert.equal(parsed.baseFeePerGas, 0n)
    assert.equal(parsed.excessBlobGas, 0n)
    assert.equal(parsed.parentBeaconBlockRoot, ZERO_HASH)
    assert.equal(parsed.requestsHash, '0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    assert.equal(parsed.plan, undefined)
    assert.deepEqual(parsed.alloc.get('0x0020000000000000000000000000000000000000'), {
      balance: 0x300n,
      nonce: 0n,
      code: hexToBytes('0x600035ff'),
      storage: new Map(),
    })
  })
})

describe('numbers', () => {
  test('as JSON number, decimal and hex strings of either case', () => {
    for (const gasLimit of [255, '255', '0xff', '0XFF', '0x00ff', 255n]) {
      assert.equal(genesis({}, { gasLimit }).gasLimit, 255n, String(gasLimit))
    }
  })

  test('a number that a double rounds keeps its digits in a file, and is refused elsewhere', () => {
    const text = '{"config":{"chainId":1,"terminalTotalDifficulty":58750000000000000000001},"alloc":{}}'
    assert.equal(parseGenesisText(text).config.terminalTotalDifficulty, 58_750_000_000_000_000_000_001n)
    refused(() => parseGenesis(JSON.parse(text)), 'invalid-value', 'config.terminalTotalDifficulty')
    roundTrip(text)
  })

  test('what is none', () => {
    for (const gasLimit of [-1, 1.5, '', '0xg', 'ten', '1e5', ' 1', true, [], {}, 2n ** 64n, '1'.repeat(100)]) {
      refused(() => genesis({}, { gasLimit }), 'invalid-value', 'gasLimit')
    }
  })
})

describe('alloc', () => {
  test('with and without 0x, of any case; storage as short words', () => {
    const { alloc } = parseGenesis({
      config: { chainId: 1 },
      alloc: {
        '00000000000000000000000000000000000000AA': {
          balance: '10',
          nonce: '0x1',
          code: '6001',
          storage: { '0x03': '0x07', 1: '02' },
        },
      },
    })
    assert.deepEqual(alloc.get(ADDRESS), {
      balance: 10n,
      nonce: 1n,
      code: Uint8Array.of(0x60, 1),
      storage: new Map([
        [1n, 2n],
        [3n, 7n],
      ]),
    })
  })

  test('one account twice', () => {
    const alloc = { [ADDRESS]: {}, '00000000000000000000000000000000000000AA': {} }
    refused(() => genesis({}, { alloc }), 'invalid-value', 'alloc.00000000000000000000000000000000000000AA')
  })

  test('ill-typed values are named', () => {
    const cases: [Record<string, unknown>, GenesisErrorCode, string][] = [
      [{ '0x12': {} }, 'invalid-value', 'alloc.0x12'],
      [{ [ADDRESS]: { balance: 'x' } }, 'invalid-value', `alloc.${ADDRESS}.balance`],
      [{ [ADDRESS]: { balanse: 1 } }, 'unknown-key', `alloc.${ADDRESS}.balanse`],
      [{ [ADDRESS]: { code: '0x123' } }, 'invalid-value', `alloc.${ADDRESS}.code`],
      [{ [ADDRESS]: { storage: { zz: '0x1' } } }, 'invalid-value', `alloc.${ADDRESS}.storage.zz`],
      [{ [ADDRESS]: { storage: { '0x1': `0x1${'0'.repeat(64)}` } } }, 'invalid-value', `alloc.${ADDRESS}.storage.0x1`],
    ]
    for (const [alloc, code, key] of cases) refused(() => genesis({}, { alloc }), code, key)
  })
})

test('unknown and ill-typed keys are named', () => {
  refused(() => genesis({ londonBlok: 0 }), 'unknown-key', 'config.londonBlok')
  refused(() => genesis({}, { gaslimit: 1 }), 'unknown-key', 'gaslimit')
  refused(() => genesis({ pavm: { motor: 'pow' } }), 'unknown-key', 'config.pavm.motor')
  refused(() => genesis({ pavm: { engine: 'clique' } }), 'invalid-value', 'config.pavm.engine')
  refused(() => genesis({ pavm: { engine: 'ethereum', plan: true } }), 'invalid-value', 'config.pavm.plan')
  refused(() => genesis({ pavm: { engine: 'pow', periodSeconds: 0 } }), 'invalid-value', 'config.pavm.periodSeconds')
  refused(() => genesis({ chainId: 'mainnet' }), 'invalid-value', 'config.chainId')
  refused(() => genesis({ depositContractAddress: '0x12' }), 'invalid-value', 'config.depositContractAddress')
  refused(() => genesis({}, { mixHash: '0x12' }), 'invalid-value', 'mixHash')
  refused(() => genesis({}, { number: 1 }), 'invalid-value', 'number')
  refused(
    () => genesis({ blobSchedule: { madrid: { target: 1, max: 1, baseFeeUpdateFraction: 1 } } }),
    'unknown-key',
    'config.blobSchedule.madrid',
  )
  refused(
    () => genesis({ blobSchedule: { cancun: { target: 2, max: 1, baseFeeUpdateFraction: 1 } } }),
    'invalid-value',
    'config.blobSchedule.cancun',
  )
  refused(
    () => genesis({ ...FORKS, terminalTotalDifficulty: 0, bpo1Time: 0 }),
    'invalid-value',
    'config.blobSchedule.bpo1',
  )
  refused(() => parseGenesis({ alloc: {} }), 'invalid-value', 'config')
  refused(() => parseGenesis({ config: { chainId: 1 } }), 'invalid-value', 'alloc')
})

describe('the order of hardforks', () => {
  test('one before its predecessor', () => {
    refused(() => genesis({ ...FORKS, berlinBlock: 2, londonBlock: 1 }), 'fork-order', 'config.londonBlock')
    refused(() => genesis({ ...FORKS, shanghaiTime: 5, cancunTime: 4 }), 'fork-order', 'config.cancunTime')
    refused(
      () => genesis({ ...FORKS, byzantiumBlock: 2, mergeNetsplitBlock: 1 }),
      'fork-order',
      'config.constantinopleBlock',
    )
  })

  test('one without its predecessor', () => {
    refused(() => genesis({ homesteadBlock: 0, byzantiumBlock: 0 }), 'fork-order', 'config.byzantiumBlock')
    refused(() => genesis({ ...FORKS, cancunTime: null }), 'fork-order', 'config.pragueTime')
  })

  test('those that only move the bomb may be missing', () => {
    const { config } = genesis({ ...FORKS, muirGlacierBlock: null, arrowGlacierBlock: null, grayGlacierBlock: null })
    assert.ok(!config.activations.some(({ hardfork }) => /Glacier/.test(hardfork)))
  })

  test('the two keys of Spurious Dragon agree', () => {
    refused(() => genesis({ ...FORKS, eip155Block: 0, eip158Block: 1 }), 'fork-order', 'config.eip158Block')
  })

  test('Petersburg comes with Constantinople where it has no key', () => {
    const { config } = genesis({ ...FORKS, petersburgBlock: null })
    assert.ok(config.activations.some(({ hardfork, at }) => hardfork === 'petersburg' && at === 0n))
  })

  test('the Merge: by its key, at block 0, or with Shanghai', () => {
    const paris = (config: Record<string, unknown>) =>
      genesis({
        ...FORKS,
        shanghaiTime: 9,
        cancunTime: 9,
        pragueTime: 9,
        osakaTime: 9,
        ...config,
      }).config.activations.find(({ hardfork }) => hardfork === 'paris')
    assert.deepEqual(paris({ mergeNetsplitBlock: 4 }), { hardfork: 'paris', by: 'number', at: 4n })
    assert.deepEqual(paris({ mergeNetsplitBlock: null, terminalTotalDifficulty: 0 }), {
      hardfork: 'paris',
      by: 'number',
      at: 0n,
    })
    assert.deepEqual(paris({ mergeNetsplitBlock: null, terminalTotalDifficulty: 7 }), {
      hardfork: 'paris',
      by: 'timestamp',
      at: 9n,
    })
    roundTrip(
      JSON.stringify({
        config: { chainId: 1, ...FORKS, mergeNetsplitBlock: null, terminalTotalDifficulty: 7 },
        alloc: {},
      }),
    )
  })

  test('the DAO fork counts only for those who support it', () => {
    const has = (config: Record<string, unknown>) =>
      genesis({ ...FORKS, daoForkBlock: 0, ...config }).config.activations.some(
        ({ hardfork }) => hardfork === 'daoFork',
      )
    assert.equal(has({}), false)
    assert.equal(has({ daoForkSupport: true }), true)
  })
})

describe('pavm', () => {
  test('without the object the chain is plain Ethereum', () => {
    assert.equal(genesis(FORKS).config.pavm.plan, false)
    assert.equal(genesis(FORKS).plan, undefined)
  })

  test('with it there is a plan', () => {
    const parsed = genesis({ ...FORKS, pavm: {} })
    assert.equal(parsed.config.pavm.plan, true)
    assert.deepEqual(parsed.plan, Uint8Array.of(1, 0))
    assert.doesNotThrow(() => headerHash({ ...parsed, stateRoot: ZERO_HASH }))
  })

  /** What a genesis says whose last hardfork at block 0 is the one of that key. */
  const upTo = (last: string) => {
    const keys = Object.keys(FORKS)
    return Object.fromEntries(keys.slice(0, keys.indexOf(last) + 1).map((key) => [key, 0]))
  }

  for (const last of ['none', 'byzantiumBlock', 'londonBlock', 'shanghaiTime']) {
    test(`before Cancun there is no plan, and the reason is said: ${last}`, () => {
      assert.throws(() => genesis({ ...upTo(last), pavm: {} }), {
        code: 'plan-before-cancun',
        message: /^genesis: config\.pavm\.plan: needs Cancun .* SELFDESTRUCT .* state roots, .* serially only$/,
      })
      assert.equal(genesis(upTo(last)).plan, undefined)
      assert.equal(genesis({ ...upTo(last), pavm: { plan: false } }).plan, undefined)
    })
  }

  test('Cancun after block 0 is too late for a plan', () => {
    const late = { ...FORKS, cancunTime: 1, pragueTime: 1, osakaTime: 1 }
    refused(() => genesis({ ...late, pavm: {} }), 'plan-before-cancun', 'config.pavm.plan')
    assert.equal(genesis(late).plan, undefined)
  })
})

describe('controls', () => {
  test('are had under instant alone, and bring impersonation into the rules', () => {
    const controlled = genesis({ ...FORKS, pavm: { engine: 'instant', controls: true } })
    assert.equal(rulesAt(controlled.config, 1n, 1n).allowsImpersonation, true)
    assert.equal(rulesAt(genesis({ ...FORKS, pavm: {} }).config, 1n, 1n).allowsImpersonation, false)
    refused(
      () => genesis({ ...FORKS, pavm: { engine: 'pow', controls: true } }),
      'invalid-value',
      'config.pavm.controls',
    )
  })

  test('there and back', () => {
    const controlled = developmentGenesis({ engine: 'instant', controls: true })
    assert.deepEqual(parseGenesis(genesisToJson(controlled)), controlled)
  })
})

describe('the development genesis', () => {
  test('what users expect of a devnet', () => {
    const parsed = developmentGenesis()
    assert.equal(parsed.config.chainId, 31_337n)
    assert.equal(parsed.gasLimit, 60_000_000n)
    assert.equal(parsed.baseFeePerGas, 10n ** 9n)
    assert.equal(parsed.config.pavm.engine, 'pow')
    assert.equal(parsed.alloc.get('0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266')?.balance, 10_000n * 10n ** 18n)
    for (const [address, code] of [...SYSTEM_CONTRACTS, CREATE2_FACTORY]) {
      assert.deepEqual(parsed.alloc.get(address), { balance: 0n, nonce: 1n, code, storage: new Map() })
    }
  })

  test('options', () => {
    const parsed = developmentGenesis({
      engine: 'instant',
      plan: false,
      chainId: 5n,
      accounts: 1,
      timestamp: 9n,
      gasLimit: 7n,
      periodSeconds: 3,
    })
    assert.deepEqual(
      [
        parsed.config.pavm.engine,
        parsed.config.pavm.periodSeconds,
        parsed.config.chainId,
        parsed.timestamp,
        parsed.gasLimit,
      ],
      ['instant', 3, 5n, 9n, 7n],
    )
    assert.equal(parsed.alloc.size, 1 + SYSTEM_CONTRACTS.size + 1)
    assert.equal(parsed.plan, undefined)
    assert.equal(parsed.difficulty, 0n)
  })

  test('there and back, and to a worker', () => {
    for (const engine of ['pow', 'instant'] as const) {
      const parsed = developmentGenesis({ engine })
      roundTrip(JSON.stringify(genesisToJson(parsed)))
      assert.deepEqual(structuredClone(parsed.config), parsed.config)
    }
  })
})

describe('threads', () => {
  const table = threadGasToJson(DEFAULT_THREAD_GAS)
  const withGas = (gas: unknown, modules = {}) =>
    parseGenesis({ config: { chainId: 1, ...FORKS, pavm: { threads: { gas } } }, alloc: {} }, modules)

  test('have a checked-in table that is one', () => {
    assert.deepEqual(parseThreadGas(table), DEFAULT_THREAD_GAS)
  })

  test('are there where the genesis has them', () => {
    assert.equal(genesis({ ...FORKS, pavm: {} }).config.pavm.threads, undefined)
    assert.equal(genesis(FORKS).config.pavm.threads, undefined)
    assert.deepEqual(genesis({ ...FORKS, pavm: { threads: {} } }).config.pavm.threads, DEFAULT_THREAD_RULES)
    assert.deepEqual(developmentGenesis().config.pavm.threads, DEFAULT_THREAD_RULES)
    assert.equal(developmentGenesis({ plan: false }).config.pavm.threads, undefined)
    assert.equal(genesis({ ...FORKS, pavm: { threads: { limit: 3 } } }).config.pavm.threads?.limit, 3)
  })

  test('have the gas of a table in the genesis, or in a file that it names', () => {
    const read: string[] = []
    const readJson = (name: string) => {
      read.push(name)
      return { ...table, join: 5 }
    }
    assert.equal(withGas({ ...table, subsol: 9 }).config.pavm.threads?.gas.subsol, 9n)
    assert.equal(withGas('my-gas.json', { readJson }).config.pavm.threads?.gas.join, 5n)
    assert.deepEqual(read, ['my-gas.json'])
    roundTrip(JSON.stringify(genesisToJson(withGas({ ...table, subsol: 9 }))))
  })

  test('a bad table is refused with the key that is at fault', () => {
    const { join: _, ...incomplete } = table
    const gas = 'config.pavm.threads.gas'
    refused(() => withGas(incomplete), 'invalid-value', `${gas}.join`)
    refused(() => withGas({ ...table, fork: 1 }), 'unknown-key', `${gas}.fork`)
    for (const bad of [0, -1, 1.5, '7', 10 ** 10, null]) {
      refused(() => withGas({ ...table, tid: bad }), 'invalid-value', `${gas}.tid`)
      refused(() => withGas('f.json', { readJson: () => ({ ...table, tid: bad }) }), 'invalid-value', `${gas}.tid`)
    }
    refused(() => withGas(5), 'invalid-value', gas)
    refused(() => withGas('f.json'), 'invalid-value', gas)
    const broken = () => {
      throw new Error('no such file')
    }
    refused(() => withGas('f.json', { readJson: broken }), 'invalid-value', gas)
    refused(() => genesis({ ...FORKS, pavm: { threads: { limit: 0 } } }), 'invalid-value', 'config.pavm.threads.limit')
  })
})
