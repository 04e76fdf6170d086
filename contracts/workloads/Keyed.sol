// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

import "./CpuHeavy.sol";
import "./Fibonacci.sol";

/// Workloads of which each call leaves something under a key: calls with the same key conflict, others do not.
contract KeyedCpuHeavy is CpuHeavy {
    mapping(uint256 => uint256) private results;

    function runFor(uint256 key, uint256 count) external {
        results[key] += run(count);
    }
}

contract KeyedFibonacci is Fibonacci {
    mapping(uint256 => uint256) private results;

    function runFor(uint256 key, uint256 index) external {
        unchecked {
            results[key] += run(index);
        }
    }
}

contract KeyedStore {
    mapping(uint256 => mapping(uint256 => uint256)) private values;

    /// Reads and writes `count` words.
    function runFor(uint256 key, uint256 count) external virtual {
        update(key, count, count);
    }

    /// Reads and writes some of the same words, so many times.
    function update(uint256 key, uint256 times, uint256 words) internal {
        mapping(uint256 => uint256) storage own = values[key];
        for (uint256 index = 0; index < times; index++) own[index % words] += index + 1;
    }
}

contract KeyedUpdates is KeyedStore {
    /// Reads and writes five words, `count` times in all.
    function runFor(uint256 key, uint256 count) external override {
        update(key, count, 5);
    }
}
