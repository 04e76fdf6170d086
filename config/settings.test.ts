import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { SettingsError, type SettingsErrorCode } from './config-error.ts'
import { loadSettings, SETTING_ROWS, type SettingSources, settingsMarkdown } from './settings.ts'

let directory: string
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'pavm-'))
})
after(() => rmSync(directory, { recursive: true }))

function file(toml: string): string {
  const path = join(directory, 'settings.toml')
  writeFileSync(path, toml)
  return path
}

function load(sources: Partial<SettingSources> = {}) {
  return loadSettings({ env: {}, flags: {}, ...sources })
}

function refused(sources: Partial<SettingSources>, code: SettingsErrorCode, key: string): void {
  assert.throws(
    () => load(sources),
    (error) => {
      assert.ok(error instanceof SettingsError)
      assert.equal(error.code, code)
      assert.equal(error.details.key, key)
      assert.ok(error.message.includes(key), `message names ${key}: ${error.message}`)
      return true
    },
  )
}

describe('loadSettings: precedence', () => {
  test('defaults where nothing is given', () => {
    const settings = load()
    assert.equal(settings.rpc.port, 8545)
    assert.equal(settings.execution.replay, 'split')
    assert.equal(settings.miner.gasLimit, 60_000_000n)
    assert.deepEqual(settings.p2p.peers, [])
  })

  test('defaults < file < environment < flags', () => {
    const toml = file('[rpc]\nport = 1\nhost = "a"\nmaxBatch = 2\n[log]\nlabel = "file"\n')
    const settings = load({ file: toml, env: { PAVM_RPC_PORT: '10', PAVM_RPC_HOST: 'b' }, flags: { rpcPort: '100' } })
    assert.equal(settings.rpc.port, 100)
    assert.equal(settings.rpc.host, 'b')
    assert.equal(settings.rpc.maxBatch, 2)
    assert.equal(settings.log.label, 'file')
    assert.equal(settings.rpc.maxLogs, 10_000)
  })

  test('an undefined flag or variable is not given', () => {
    const settings = load({ env: { PAVM_RPC_PORT: undefined }, flags: { rpcPort: undefined } })
    assert.equal(settings.rpc.port, 8545)
  })

  test('variables without our prefix, and those of tests, are left alone', () => {
    assert.deepEqual(load({ env: { PATH: '/bin', PAVM_VECTORS: '/vectors', PAVM_TIER: 'shipped' } }), load())
  })
})

describe('loadSettings: values', () => {
  test('every kind as text', () => {
    const settings = load({
      env: {
        PAVM_P2P_PEERS: '/ip4/10.0.0.1/tcp/1, /ip4/10.0.0.2/tcp/2',
        PAVM_RPC_CORS_ORIGINS: '',
        PAVM_EXECUTION_VERIFY_SERIAL: '1',
        PAVM_MINER_COINBASE: '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
        PAVM_MINER_GAS_LIMIT: '18446744073709551615',
        PAVM_EXECUTION_REPLAY: 'values',
      },
    })
    assert.deepEqual(settings.p2p.peers, ['/ip4/10.0.0.1/tcp/1', '/ip4/10.0.0.2/tcp/2'])
    assert.deepEqual(settings.rpc.corsOrigins, [])
    assert.equal(settings.execution.verifySerial, true)
    assert.equal(settings.miner.coinbase, '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266')
    assert.equal(settings.miner.gasLimit, 2n ** 64n - 1n)
    assert.equal(settings.execution.replay, 'values')
  })

  test('paths in a file are relative to it, others are not', () => {
    const settings = load({ file: file('genesis = "../genesis.json"\n'), flags: { dataDir: 'data' } })
    assert.equal(settings.genesis, join(directory, '..', 'genesis.json'))
    assert.equal(settings.dataDir, 'data')
  })

  test('accounts: spaces between words do not matter, amounts are ether', () => {
    const words = ' legal winner  thank year wave sausage worth useful legal winner thank yellow '
    const { accounts } = load({ flags: { accountsMnemonic: words, accountsPath: 'm/0h', accountsBalance: '7' } })
    assert.equal(accounts.mnemonic, words.trim().replace('  ', ' '))
    assert.deepEqual([accounts.path, accounts.balance, accounts.count], ['m/0h', 7n, 20])
  })

  test('a flag that is a value already', () => {
    assert.equal(load({ flags: { minerEnabled: true, rpcPort: 7 } }).miner.enabled, true)
  })
})

describe('loadSettings: errors name the key', () => {
  test('unknown', () => {
    refused({ file: file('[rpc]\nprot = 1\n') }, 'unknown-key', 'rpc.prot')
    refused({ file: file('[rcp]\nport = 1\n') }, 'unknown-key', 'rcp')
    refused({ file: file('rpc = 1\n') }, 'unknown-key', 'rpc')
    refused({ file: file('[execution.compiler]\nqueu = 1\n') }, 'unknown-key', 'execution.compiler.queu')
    refused({ env: { PAVM_RPC_PROT: '1' } }, 'unknown-key', 'PAVM_RPC_PROT')
    refused({ flags: { rpcProt: '1' } }, 'unknown-key', 'rpcProt')
  })

  test('ill-typed', () => {
    refused({ file: file('[rpc]\nport = "http"\n') }, 'invalid-value', 'rpc.port')
    refused({ file: file('[rpc]\nport = 1.5\n') }, 'invalid-value', 'rpc.port')
    refused({ file: file('[rpc]\nenabled = "yes"\n') }, 'invalid-value', 'rpc.enabled')
    refused({ file: file('[p2p]\npeers = "one"\n') }, 'invalid-value', 'p2p.peers')
    refused({ env: { PAVM_RPC_PORT: '65536' } }, 'invalid-value', 'PAVM_RPC_PORT')
    refused({ env: { PAVM_MINER_COINBASE: '0x12' } }, 'invalid-value', 'PAVM_MINER_COINBASE')
    refused({ file: file('[execution.compiler]\nthreshold = 0\n') }, 'invalid-value', 'execution.compiler.threshold')
    refused({ env: { PAVM_EXECUTION_COMPILER_ENABLED: 'no' } }, 'invalid-value', 'PAVM_EXECUTION_COMPILER_ENABLED')
    refused({ flags: { executionCompilerTimeoutMs: '0' } }, 'invalid-value', '--execution-compiler-timeout-ms')
    refused({ flags: { logLevel: 'loud' } }, 'invalid-value', '--log-level')
    refused({ flags: { minerExtraData: 'x'.repeat(33) } }, 'invalid-value', '--miner-extra-data')
  })

  test('accounts', () => {
    refused({ file: file('[accounts]\nmnemonic = "one two"\n') }, 'invalid-value', 'accounts.mnemonic')
    refused({ env: { PAVM_ACCOUNTS_COUNT: '1001' } }, 'invalid-value', 'PAVM_ACCOUNTS_COUNT')
    refused({ flags: { accountsPath: '44/60' } }, 'invalid-value', '--accounts-path')
    refused({ flags: { accountsBalance: '-1' } }, 'invalid-value', '--accounts-balance')
    refused({ flags: { accountsBalance: '0.5' } }, 'invalid-value', '--accounts-balance')
  })

  test('a bad value is refused even where a later source overrides it', () => {
    refused({ env: { PAVM_RPC_PORT: 'x' }, flags: { rpcPort: '1' } }, 'invalid-value', 'PAVM_RPC_PORT')
  })

  test('no TOML, no file', () => {
    refused({ file: file('[rpc\n') }, 'unreadable', join(directory, 'settings.toml'))
    refused({ file: join(directory, 'missing.toml') }, 'unreadable', join(directory, 'missing.toml'))
  })
})

describe('the table', () => {
  test('names are unique', () => {
    for (const name of ['key', 'environmentVariable', 'flag', 'attribute'] as const) {
      assert.equal(new Set(SETTING_ROWS.map((row) => row[name])).size, SETTING_ROWS.length, name)
    }
  })

  test('every default is a value that the setting would accept', () => {
    for (const { key, setting } of SETTING_ROWS) {
      assert.deepEqual(setting.schema().parse(setting.default), setting.default, key)
    }
  })

  test('the documentation has every setting', () => {
    const markdown = settingsMarkdown()
    for (const { key, environmentVariable, flag } of SETTING_ROWS) {
      for (const name of [key, environmentVariable, flag]) assert.ok(markdown.includes(`\`${name}\``), name)
    }
  })
})
