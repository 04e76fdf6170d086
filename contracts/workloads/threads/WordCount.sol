// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

import {countWords} from "../Words.sol";

/// Words of a text, counted in four parts of it at the same time.
contract ThreadedWordCount {
    function run(bytes calldata text) external pure returns (uint256 words) {
        uint256 quarter = text.length / 4;
        uint256 b = subsol [1] part(text[quarter:2 * quarter], isInside(text, quarter));
        uint256 c = subsol [2] part(text[2 * quarter:3 * quarter], isInside(text, 2 * quarter));
        uint256 d = subsol [3] part(text[3 * quarter:], isInside(text, 3 * quarter));
        uint256 a = part(text[:quarter], false);
        return a + b + c + d;
    }

    function part(bytes calldata text, bool isInsideWord) private pure returns (uint256 words) {
        return countWords(text, isInsideWord);
    }

    /// Whether the byte before belongs to a word.
    function isInside(bytes calldata text, uint256 position) private pure returns (bool) {
        return position > 0 && countWords(text[position - 1:position], false) == 1;
    }
}
