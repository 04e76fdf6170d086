// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Create2} from "@openzeppelin/contracts/utils/Create2.sol";

contract FuzzChild {
    uint256 public value = 7;

    constructor() payable {}

    function increase() external payable {
        value += msg.value + 1;
    }

    function end(address payable to) external {
        selfdestruct(to);
    }
}

/// Makes contracts and has them end.
contract FuzzFactory {
    address[] public children;

    receive() external payable {}

    function create() external payable returns (address) {
        children.push(address(new FuzzChild{value: msg.value}()));
        return children[children.length - 1];
    }

    function create2(uint8 salt) external payable returns (address child) {
        child = Create2.deploy(msg.value, bytes32(uint256(salt % 4)), type(FuzzChild).creationCode);
        children.push(child);
    }

    function createAndEnd(uint8 salt, address payable to) external payable {
        FuzzChild child = new FuzzChild{value: msg.value, salt: bytes32(uint256(salt % 4))}();
        child.increase();
        child.end(to);
    }

    function end(uint8 index, address payable to) external {
        FuzzChild(children[index % children.length]).end(to);
    }

    function increase(uint8 index, uint8 times) external {
        FuzzChild child = FuzzChild(children[index % children.length]);
        for (uint256 round = 0; round < times % 8; round++) child.increase();
    }

    function forward(address to, uint16 gas, bytes calldata data) external payable returns (bool success, bytes memory result) {
        (success, result) = to.call{value: msg.value, gas: gas}(data);
    }

    function recurse(uint8 depth) external returns (uint256) {
        if (depth == 0) revert("bottom");
        children.push(msg.sender);
        try this.recurse(depth - 1) returns (uint256 result) {
            return result + 1;
        } catch (bytes memory reason) {
            return reason.length;
        }
    }
}
