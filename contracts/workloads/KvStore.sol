// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

/// Words in storage by key.
contract KvStore {
    mapping(uint256 => uint256) private values;

    /// The sum of the values of the first `count` keys.
    function read(uint256 count) external view returns (uint256 checksum) {
        for (uint256 key = 0; key < count; key++) checksum += values[key];
    }

    /// Gives the first `count` keys a value; returns the first and the last of them, read again, added.
    function write(uint256 count, uint256 factor) external returns (uint256 checksum) {
        for (uint256 key = 0; key < count; key++) values[key] = key * factor + 1;
        return values[0] + values[count - 1];
    }
}
