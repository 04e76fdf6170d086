// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Words by key. Writers of different keys never conflict; `increment` of one key makes a chain.
contract KeyValueStore {
    mapping(uint256 => uint256) private values;

    event Changed(uint256 indexed key, uint256 value);

    function get(uint256 key) external view returns (uint256) {
        return values[key];
    }

    function set(uint256 key, uint256 value) external {
        values[key] = value;
        emit Changed(key, value);
    }

    function increment(uint256 key) external {
        uint256 value = values[key] + 1;
        values[key] = value;
        emit Changed(key, value);
    }

    function setMany(uint256 first, uint256 count, uint256 value) external {
        for (uint256 key = first; key < first + count; key++) values[key] = value;
    }
}
