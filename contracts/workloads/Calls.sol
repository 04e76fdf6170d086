// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

/// Messages between contracts that do next to nothing: what a call costs.
contract Calls {
    /// Calls this contract so often; returns the sum of what comes back.
    function run(uint256 count) external view returns (uint256 sum) {
        for (uint256 i = 0; i < count; i++) sum += this.tripled(i);
    }

    function tripled(uint256 value) external pure returns (uint256) {
        return 3 * value;
    }
}
