import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Interface, type InterfaceAbi } from 'ethers'
import { rulesFor } from '../config/hardforks.ts'
import { runCode } from '../execution/evm/fixtures/run-code.ts'
import { outputOf } from '../execution/evm/message.ts'
import { runAll } from '../execution/threads/fixtures/run-threads.ts'
import { compileText } from './compiler/fixtures/compile-text.ts'

const library = readFileSync(new URL('./PaVM.sol', import.meta.url), 'utf8')

/** Written twice: with the library for plain solc, and with the keywords. */
const SOURCE = (start: string, afterwards: string) => `import {PaVM} from "./PaVM.sol";
contract C {
    uint256 public order;
    function run() external returns (uint256) {
        ${start}
        ${afterwards}
        (bool returned, bytes memory output) = PaVM.join(2);
        return order * 10 + (returned ? abi.decode(output, (uint256)) : 0);
    }
    function append(uint256 digit) external returns (uint256) {
        order = order * 10 + digit;
        return digit;
    }
    function fail() external { order = 7; revert("no"); }
    function misuse() external { PaVM.revertt(9); }
    function leave() external returns (uint256) {
        PaVM.wtr(1, 5);
        PaVM.subsol(1, abi.encodeCall(this.take, ()));
        return PaVM.rdr(1) * 100 + PaVM.rws() * 10 + (PaVM.tid() == 0 ? 1 : 0);
    }
    function take() external { PaVM.wtr(1, PaVM.rdr(1) + PaVM.tid()); PaVM.rr(); require(PaVM.rphash() != 0); }
    function dropped() external returns (uint256) {
        PaVM.subsol(1, abi.encodeCall(this.append, (1)));
        PaVM.sleep(1, 3);
        PaVM.revertt(1);
        return order;
    }
}`

const withLibrary = SOURCE(
  `PaVM.subsol(1, abi.encodeCall(this.append, (1)));
   PaVM.aftera(2, 4, abi.encodeCall(this.append, (2)));
   PaVM.afterw(3, 1, 0, abi.encodeCall(this.fail, ()));`,
  'PaVM.afterr(4, 1, 0, abi.encodeCall(this.append, (4)));',
)

const { abi, evm } = compileText(withLibrary, {}, { 'PaVM.sol': library })
const contract = new Interface(abi as InterfaceAbi)
const code = Buffer.from(evm?.deployedBytecode?.object ?? '', 'hex')

function call(name: string) {
  const { exit, ...rest } = runAll(code, { data: Buffer.from(contract.encodeFunctionData(name).slice(2), 'hex') })
  return { ...rest, exit, bytes: `0x${Buffer.from(outputOf(exit)).toString('hex')}` }
}

test('the library starts, orders and joins threads as the instructions do', () => {
  const { output, exit } = call('run')
  assert.equal(exit.kind, 'return')
  // 1, then 4, which waits for 1, then 2, which waits for 4; the one that fails has no effect.
  assert.equal(output, 1_422n)
})

test('what cannot be meant reverts with the reason', () => {
  const { exit, bytes } = call('misuse')
  assert.equal(exit.kind, 'revert')
  assert.deepEqual([...contract.decodeErrorResult('Error(string)', bytes)], ['PaVM: there is no thread 9'])
})

test('words, ids, records, dropped threads', () => {
  assert.equal(call('leave').output, 601n)
  assert.equal(call('dropped').output, 0n)
})

test('on a chain without threads it says so', () => {
  const data = Buffer.from(contract.encodeFunctionData('run').slice(2), 'hex')
  const { exit } = runCode(code, { data, environment: { rules: rulesFor('osaka') } })
  const reason = contract.decodeErrorResult('Error(string)', `0x${Buffer.from(outputOf(exit)).toString('hex')}`)
  assert.deepEqual([...reason], ['PaVM: this chain has no threads'])
})

test('code that uses it does not look at its gas', () => {
  assert.ok(!String(evm?.deployedBytecode?.opcodes).split(' ').includes('GAS'))
})
