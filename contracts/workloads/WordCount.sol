// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

import {countWords} from "./Words.sol";

/// Counts the words of a text: a comparison for each byte of the call data.
contract WordCount {
    function run(bytes calldata text) external pure returns (uint256 words) {
        return countWords(text, false);
    }
}
