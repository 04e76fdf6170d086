// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

contract FuzzText {
    function decimal(uint256 x, int256 y) external pure returns (string memory, string memory) {
        return (Strings.toString(x), Strings.toStringSigned(y));
    }

    function hexadecimal(uint256 x, uint8 length, address a) external pure returns (string memory, string memory) {
        return (Strings.toHexString(x, length), Strings.toChecksumHexString(a));
    }

    function parse(string calldata text) external pure returns (bool, uint256) {
        return Strings.tryParseUint(text);
    }

    function escaped(string calldata text) external pure returns (string memory) {
        return Strings.escapeJSON(text);
    }

    function base64(bytes calldata data) external pure returns (string memory, string memory) {
        return (Base64.encode(data), Base64.encodeURL(data));
    }
}

contract FuzzCryptography {
    function recover(bytes32 hash, bytes calldata signature) external pure returns (address) {
        return ECDSA.recover(hash, signature);
    }

    function recoverParts(bytes32 hash, uint8 v, bytes32 r, bytes32 s) external pure returns (address) {
        return ECDSA.recover(hash, v, r, s);
    }

    function hashed(bytes calldata message) external pure returns (bytes32) {
        return MessageHashUtils.toEthSignedMessageHash(message);
    }

    function proof(bytes32[] calldata path, bytes32 leaf) external pure returns (bytes32) {
        return MerkleProof.processProofCalldata(path, leaf);
    }

    function multiProof(bytes32[] memory path, bool[] memory flags, bytes32[] memory leaves) external pure returns (bytes32) {
        return MerkleProof.processMultiProof(path, flags, leaves);
    }

    function digests(bytes calldata data) external pure returns (bytes32, bytes20, bytes32) {
        return (sha256(data), ripemd160(data), keccak256(data));
    }
}
