// SPDX-License-Identifier: MIT
pragma solidity ^0.8.22;

/// How many words begin in a text: runs of anything but spaces, tabs and ends of lines. The first one does not begin here
/// if the text goes on inside of it.
function countWords(bytes calldata text, bool isInside) pure returns (uint256 words) {
    for (uint256 i = 0; i < text.length; i++) {
        bytes1 character = text[i];
        bool isSpace = character == " " || character == "\t" || character == "\n" || character == "\r";
        if (!isSpace && !isInside) words++;
        isInside = !isSpace;
    }
}
