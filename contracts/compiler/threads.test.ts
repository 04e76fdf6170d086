import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Interface, type InterfaceAbi } from 'ethers'
import { isOfferable } from '../../execution/threads/offerable-code.ts'
import { callContract, codeOf, RULES, resultsOf } from './fixtures/call-contract.ts'
import { compileText } from './fixtures/compile-text.ts'

test('a thread runs after its statement, and its result is there where it is first mentioned', () => {
  const contract = compileText(`contract C {
    uint256 total;
    function run(uint256 n) external returns (uint256 a, uint256 b, uint256 c) {
        a = subsol [1] add(n);
        uint256 x = subsol [2] add(n);
        subsol [3] add(n);
        (b, c) = (x, total);
        if (c > 100) return (0, 0, 0);
        a += 1000;
    }
    function add(uint256 x) private returns (uint256) { total += x; return total; }
}`)
  assert.deepEqual(resultsOf(contract, 'run', [5]), [1005n, 10n, 15n])
  assert.deepEqual(resultsOf(contract, 'run', [50]), [0n, 0n, 0n])
})

test('arguments are those of the start, also where the result hides them', () => {
  const contract = compileText(`contract C {
    function run(uint256 x) external pure returns (uint256) {
        uint256 y = subsol [1] twice(x);
        x = 100;
        { uint256 x = subsol [2] twice(x); y += x; }
        return y;
    }
    function twice(uint256 x) internal pure returns (uint256) { return 2 * x; }
}`)
  assert.deepEqual(resultsOf(contract, 'run', [5]), [210n])
})

test('functions of each visibility, of bases, free ones and of libraries', () => {
  const contract = compileText(`
function free(uint256 a) pure returns (uint256) { return a + 1; }
library L { function f(uint256 a) internal pure returns (uint256) { return a * 10; } }
contract B {
    function over(uint256 a) internal virtual returns (uint256) { return a; }
    function priv(uint256 a) private pure returns (uint256) { return a; }
    function ofBase(uint256 a) internal pure returns (uint256 x) { x = subsol [1] priv(a); }
}
contract C is B {
    function run(uint256 a) external returns (uint256[8] memory r) {
        r[0] = subsol [1] ext(a);
        r[1] = subsol [2] pub(a);
        r[2] = subsol [3] over(a);
        r[3] = subsol [4] super.over(a);
        r[4] = subsol [5] B.over(a);
        r[5] = subsol [6] free(a);
        r[6] = subsol [7] L.f(a);
        r[7] = subsol [8] ofBase({a: a});
    }
    function ext(uint256 a) external pure returns (uint256) { return a + 2; }
    function pub(uint256 a) public pure returns (uint256) { return a + 3; }
    function over(uint256 a) internal pure override returns (uint256) { return a + 4; }
}`)
  assert.deepEqual([...(resultsOf(contract, 'run', [5])[0] as bigint[])], [7n, 8n, 9n, 5n, 5n, 6n, 50n, 5n])
})

test('arguments and results of many types, of another file too', () => {
  const types = `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;
uint256 constant SIZE = 2;
enum Colour { RED, GREEN }
type Price is uint64;
interface Named { function f() external; }
library Shapes { struct Point { int32 x; string name; } }
abstract contract Base {
    function mix(Shapes.Point memory p, Colour c, Price price, Named n, uint8[SIZE][] calldata list, bytes4 id, address payable to)
        public view virtual returns (Shapes.Point memory, Colour, Price, Named, uint256, bytes4, address payable)
    {
        p.x--;
        return (p, c, price, n, list[1][1], id, to);
    }
}`
  const contract = compileText(
    `import {Base} from "./Types.sol"; import "./Types.sol" as T;
contract C is Base {
    function run(uint8[2][] calldata list) external view returns (int32, string memory, T.Colour, T.Price, T.Named, uint256, bytes4, address) {
        (T.Shapes.Point memory p, T.Colour c, T.Price price, T.Named n, uint256 last, bytes4 id, address payable to) =
            subsol [1] mix(T.Shapes.Point(-4, unicode"né"), T.Colour.GREEN, T.Price.wrap(9), T.Named(msg.sender), list, "abcd", payable(msg.sender));
        return (p.x, p.name, c, price, n, last, id, to);
    }
}`,
    {},
    { 'Types.sol': types },
  )
  const [x, name, colour, price, named, last, id, to] = resultsOf(contract, 'run', [
    [
      [1, 2],
      [3, 4],
    ],
  ])
  assert.deepEqual([x, name, colour, price, last, id], [-5n, 'né', 1n, 9n, 4n, '0x61626364'])
  assert.equal(named, to)
})

test('overloads, virtual functions without a body, and functions of an interface', () => {
  const contract = compileText(`interface I { function third(uint256 a) external returns (uint256); }
abstract contract A is I {
    function run() external returns (uint256 a, uint256 b, uint256 c, uint256 d) {
        unchecked { a = subsol [1] over(77); }
        b = subsol [2] over("abc");
        c = subsol [3] open({b: 1, a: 5});
        try this.run2() returns (uint256 x) { d = x; } catch { d = subsol [4] over(0); }
    }
    function run2() external returns (uint256 x) { x = subsol [2] third(4); }
    function over(uint256 a) private pure returns (uint256) { return a; }
    function over(bytes memory a) private pure returns (uint256) { return a.length; }
    function open(uint256 a, uint256 b) internal virtual returns (uint256);
    function third(uint256 a) external virtual returns (uint256);
}
contract C is A {
    function open(uint256 a, uint256 abi) internal pure override returns (uint256) { return a - abi; }
    function third(uint256 a) external pure override returns (uint256) { return a * 3; }
}`)
  assert.deepEqual(resultsOf(contract, 'run'), [77n, 3n, 4n, 12n])
})

test('payable addresses in arrays, and functions as arguments', () => {
  const contract = compileText(`contract C {
    function run() external view returns (address payable a, address payable[] memory b, bool c) {
        (a, b) = subsol [1] payees();
        c = subsol [2] isOwn(this.run);
    }
    function payees() private view returns (address payable, address payable[] memory list) {
        list = new address payable[](1);
        list[0] = payable(msg.sender);
        return (list[0], list);
    }
    function isOwn(function() external view returns (address payable, address payable[] memory, bool) f) private view returns (bool) {
        return f.address == address(this);
    }
}`)
  const [a, b, c] = resultsOf(contract, 'run')
  assert.deepEqual([[a], c], [[...(b as string[])], true])
})

test('a contract that makes one with threads', () => {
  const contract = compileText(`contract D {
    function run() external pure returns (uint256 x) { x = subsol [1] f(3); }
    function f(uint256 a) private pure returns (uint256) { return a; }
}
contract C { function run() external returns (uint256) { return new D().run(); } }`)
  assert.deepEqual(resultsOf(contract, 'run'), [3n])
})

test('without the optimizer', () => {
  const text = `contract C {
    function run() external returns (uint256 x) { x = subsol [1] f(3); aftera [1] f(4); }
    function f(uint256 a) private pure rr returns (uint256) { return a; }
}`
  assert.deepEqual(resultsOf(compileText(text, { optimizer: { enabled: false } }), 'run'), [3n])
})

test('arguments in memory for a function that wants call data', () => {
  const contract = compileText(`contract C {
    function run(bytes memory a) external view returns (bytes memory r) { r = subsol [1] tail(a); }
    function tail(bytes calldata a) external pure returns (bytes memory) { return a[1:]; }
}`)
  assert.deepEqual(resultsOf(contract, 'run', ['0x010203']), ['0x0203'])
})

test('a thread that reverts', () => {
  const contract = compileText(`contract C {
    uint256 total;
    error Odd(uint256 a);
    function check(uint256 a) private returns (uint256) { total += a; if (a % 2 == 1) revert Odd(a); return a; }
    function lone(uint256 a) external returns (uint256) { subsol [1] check(a); subsol [2] check(2); return total; }
    function assigned(uint256 a) external returns (uint256 x) { x = subsol [1] check(a); }
    function unused(uint256 a) external { uint256 x = subsol [1] check(a); if (a > 100) return; }
    function dropped() external returns (uint256) { subsol [1] check(2); subsol [2] check(4); revertt [1]; return total; }
}`)
  assert.deepEqual(resultsOf(contract, 'lone', [3]), [2n])
  assert.deepEqual(resultsOf(contract, 'lone', [4]), [6n])
  const odd = new Interface(contract.abi as InterfaceAbi).encodeErrorResult('Odd', [3]).slice(2)
  for (const name of ['assigned', 'unused']) {
    const { kind, output } = callContract(contract, name, [3])
    assert.deepEqual([kind, Buffer.from(output).toString('hex')], ['revert', odd], name)
  }
  assert.deepEqual(resultsOf(contract, 'assigned', [4]), [4n])
  assert.deepEqual(resultsOf(contract, 'dropped'), [4n])
})

test('threads after others, in loops and bare statements', () => {
  const contract = compileText(`contract C {
    uint256 log;
    function note(uint256 a) private returns (uint256) { log = log * 10 + a; return log; }
    function ordered() external returns (uint256 a, uint256 b) {
        subsol [1] note(1);
        a = afterw [2] [log] note(2);
        subsol [2] note(3);
        sleep [1] [3];
        b = aftera [1] note(4);
    }
    function many(bool first) external returns (uint256) {
        for (uint256 i = 3; i < 6; i++) afterr [2] [log] note(i);
        if (first) subsol [1] note(1); else aftera [2] note(9);
        subsol [2] note(2);
        return log;
    }
    function never() external { aftera [9] note(1); }
}`)
  assert.deepEqual(resultsOf(contract, 'ordered'), [132n, 1324n])
  assert.deepEqual(resultsOf(contract, 'many', [true]), [12345n])
  assert.deepEqual(resultsOf(contract, 'many', [false]), [23459n])
  const { kind, output } = callContract(contract, 'never')
  assert.equal(kind, 'revert')
  assert.match(Buffer.from(output).toString('latin1'), /waits for thread 9, which was never started/)
})

test('results in loops, also of threads started by threads', () => {
  const contract = compileText(`contract C {
    function run(uint256 n) external pure returns (uint256 sum) {
        for (uint256 i = 1; i <= n; i++) {
            uint256 x = subsol [i] half(i);
            if (i == 3) continue;
            if (i == 6) break;
            sum += x;
        }
    }
    function half(uint256 n) private pure returns (uint256) {
        if (n < 2) return n;
        uint256 a = subsol [1] half(n / 2);
        uint256 b = subsol [2] half(n - n / 2);
        return a + b;
    }
}`)
  assert.deepEqual(resultsOf(contract, 'run', [9]), [1n + 2n + 4n + 5n])
})

test('a variable in storage has its result before something is called', () => {
  const contract = compileText(`contract C {
    uint256 total; uint256[] list;
    function seven() private pure returns (uint256) { return 7; }
    function look() private view returns (uint256) { return total; }
    function run() external returns (uint256 seen, uint256 element) {
        total = subsol [1] seven();
        seen = look();
        list.push();
        uint256 i = 0;
        list[i] = subsol [2] seven();
        i = 5;
        uint256[] storage all = list;
        element = all[0];
        assembly { i := sload(total.slot) }
        element += i;
    }
}`)
  assert.deepEqual(resultsOf(contract, 'run'), [7n, 14n])
})

test('a thread has the sender and the value of its parent; nobody else can call what it calls', () => {
  const contract = compileText(`contract C {
    function run() external payable returns (address, uint256) {
        (address sender, uint256 value) = subsol [1] who();
        return (sender, value);
    }
    function who() private view returns (address, uint256) { return (msg.sender, uint256(bytes32(msg.data[:4])) > 0 ? 3 : 0); }
}`)
  const { kind, results } = callContract(contract, 'run', [], { value: 3n })
  assert.equal(kind, 'return')
  assert.equal(BigInt(results[0] as string), 0xca11e4n)
  assert.equal(results[1], 3n)
  const code = Buffer.from(codeOf(contract)).toString('hex')
  // What the dispatch compares with.
  const selectors = [...code.matchAll(/63([0-9a-f]{8})14/g)].map(([, selector]) => selector as string)
  assert.equal(selectors.length, 2)
  const outcomes = selectors.map(
    (selector) => callContract(contract, 'run', [], { data: Buffer.from(selector, 'hex') }).kind,
  )
  assert.deepEqual(outcomes.toSorted(), ['return', 'revert'])
})

test('rr and rphash take part when a function ends, and change nothing', () => {
  const contract = compileText(`
library L { function twice(uint256 a) internal pure rphash returns (uint256) { return 2 * a; } }
contract C {
    uint256 made;
    constructor() rr { made = 1; }
    receive() external payable rr {}
    fallback() external rphash {}
    function lib() external pure returns (uint256) { return L.twice(4); }
    modifier only(uint256 a) { require(a > 1, "small"); _; }
    function run(uint256 a) external rr only(a) rphash returns (uint256) { if (a == 2) return 5; return a; }
}`)
  assert.deepEqual(resultsOf(contract, 'run', [2]), [5n])
  assert.deepEqual(resultsOf(contract, 'run', [9]), [9n])
  assert.deepEqual(resultsOf(contract, 'lib'), [8n])
  assert.equal(callContract(contract, 'run', [1]).kind, 'revert')
})

test('threads in a modifier and in a static call', () => {
  const contract = compileText(`contract C {
    modifier counted() { uint256 x = subsol [1] seven(); _; require(x == 7); }
    function seven() private pure returns (uint256) { return 7; }
    function run() external pure counted returns (uint256) { return 1; }
}`)
  const { kind, results } = callContract(contract, 'run', [], { isStatic: true })
  assert.deepEqual([kind, results], ['return', [1n]])
})

test('code with threads can be run ahead by other processors', () => {
  const contract = compileText(`contract C {
    function run() external pure returns (uint256 x) { x = subsol [1] seven(); subsol [2] seven(); aftera [2] seven(); }
    function seven() private pure returns (uint256) { return 7; }
}`)
  const code = codeOf(contract)
  assert.ok(isOfferable({ code, codeHash: undefined } as Parameters<typeof isOfferable>[0], RULES))
})
