// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

/// A chain of Keccak-256 hashes of 64 bytes.
contract HashLoop {
    function run(uint256 count) external pure returns (bytes32 hash) {
        for (uint256 i = 0; i < count; i++) hash = keccak256(abi.encode(hash, i));
    }
}
