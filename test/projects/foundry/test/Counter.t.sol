// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Counter} from "../src/Counter.sol";
import {vm} from "../lib/Vm.sol";

contract CounterTest {
    bool public constant IS_TEST = true;

    Counter private counter;

    function setUp() external {
        counter = new Counter(10);
    }

    function testCounts() external {
        counter.increment();
        require(counter.number() == 1 && counter.countOf(address(this)) == 1, "not counted");
    }

    function testStopsAtTheLimit(uint8 more) external {
        uint256 amount = 11 + uint256(more);
        vm.expectRevert(abi.encodeWithSelector(Counter.LimitReached.selector, amount, 10));
        counter.add(amount);
    }
}
