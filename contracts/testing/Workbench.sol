// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// Made by Workbench; can be made to end itself in the transaction that created it or later (EIP-6780).
contract Child {
    uint256 public value;

    constructor(uint256 value_) payable {
        value = value_;
    }

    function end(address payable beneficiary) external {
        value = 0;
        selfdestruct(beneficiary);
    }

    receive() external payable {}
}

/// One function for each way in which transactions can meet, fail, or touch state: food for the property tests.
contract Workbench {
    mapping(uint256 => uint256) public slots;
    address payable[] public children;
    uint256 public hot;

    event Did(uint256 indexed what, uint256 value);

    error Failed(uint256 what);

    constructor() payable {}

    receive() external payable {}

    function set(uint256 key, uint256 value) external {
        slots[key] = value;
        emit Did(1, value);
    }

    /// A net no-op: the old value is put back before the end.
    function setAndRestore(uint256 key, uint256 value) external {
        uint256 old = slots[key];
        slots[key] = value;
        slots[key] = old;
    }

    function sumInto(uint256 from, uint256 count, uint256 target) external {
        uint256 sum = 0;
        for (uint256 key = from; key < from + count; key++) sum += slots[key];
        slots[target] = sum + 1;
    }

    function bumpHot() external {
        hot += 1;
    }

    function readOnly(uint256 key) external returns (uint256 value) {
        value = slots[key];
        emit Did(2, value);
    }

    function failAfterWrites(uint256 key) external {
        slots[key] += 1;
        hot += 1;
        revert Failed(key);
    }

    function burnAllGas(uint256 key) external {
        while (true) slots[key] += 1;
    }

    function callAndSwallow(address target, bytes calldata data, uint256 value) external {
        (bool ok, ) = target.call{value: value}(data);
        slots[uint256(uint160(target))] = ok ? 1 : 2;
    }

    function delegateAndSwallow(address target, bytes calldata data) external {
        (bool ok, ) = target.delegatecall(data);
        emit Did(3, ok ? 1 : 0);
    }

    function lookStatically(address target, bytes calldata data) external {
        (bool ok, bytes memory answer) = target.staticcall(data);
        emit Did(4, ok ? answer.length : 0);
    }

    function send(address payable to, uint256 amount) external {
        (bool ok, ) = to.call{value: amount}("");
        emit Did(5, ok ? 1 : 0);
    }

    function noteBalance(address account, uint256 key) external {
        slots[key] = account.balance;
    }

    function noteCoinbaseBalance(uint256 key) external {
        slots[key] = block.coinbase.balance;
    }

    function noteCode(address account, uint256 key) external {
        slots[key] = uint256(account.codehash) ^ account.code.length;
    }

    function noteOwnBalance(uint256 key) external {
        slots[key] = address(this).balance;
    }

    function create(uint256 value, uint256 amount) external {
        children.push(payable(address(new Child{value: amount}(value))));
    }

    /// The second time with one salt fails with a collision.
    function createAt(bytes32 salt, uint256 value) external {
        Child child = new Child{salt: salt}(value);
        emit Did(6, uint256(uint160(address(child))));
    }

    function createAndEnd(bytes32 salt, address payable beneficiary, uint256 amount) external {
        Child child = new Child{salt: salt, value: amount}(7);
        child.end(beneficiary);
        emit Did(7, amount);
    }

    function endChild(uint256 index, address payable beneficiary) external {
        if (children.length == 0) revert Failed(99);
        Child(children[index % children.length]).end(beneficiary);
        emit Did(8, index);
    }

    function transientDance(uint256 key, uint256 value) external {
        assembly {
            tstore(key, value)
            sstore(key, add(tload(key), tload(add(key, 1))))
        }
    }

    function environment(uint256 key) external {
        slots[key] = block.number ^ block.timestamp ^ block.prevrandao ^ uint256(blockhash(block.number - 1)) ^ tx.gasprice ^ gasleft();
    }
}
