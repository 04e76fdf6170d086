// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Arrays} from "@openzeppelin/contracts/utils/Arrays.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {DoubleEndedQueue} from "@openzeppelin/contracts/utils/structs/DoubleEndedQueue.sol";
import {EnumerableMap} from "@openzeppelin/contracts/utils/structs/EnumerableMap.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

/// Structures in storage, with few keys.
contract FuzzStructures {
    using BitMaps for BitMaps.BitMap;
    using Checkpoints for Checkpoints.Trace208;
    using DoubleEndedQueue for DoubleEndedQueue.Bytes32Deque;
    using EnumerableMap for EnumerableMap.AddressToUintMap;
    using EnumerableSet for EnumerableSet.UintSet;

    BitMaps.BitMap private bits;
    Checkpoints.Trace208 private trace;
    DoubleEndedQueue.Bytes32Deque private queue;
    EnumerableMap.AddressToUintMap private map;
    EnumerableSet.UintSet private set;
    uint256[] private sorted;
    string public text;
    bytes public blob;

    function change(uint256 item, bool adds) external returns (bool) {
        return adds ? set.add(item % 16) : set.remove(item % 16);
    }

    function items() external view returns (uint256[] memory, uint256) {
        return (set.values(), set.length());
    }

    function put(address key, uint256 value) external returns (bool) {
        return map.set(key, value);
    }

    function drop(address key) external returns (bool) {
        return map.remove(key);
    }

    function at(uint8 index) external view returns (address, uint256) {
        return map.at(index % 4);
    }

    function checkpoint(uint48 key, uint208 value) external returns (uint208, uint208) {
        return trace.push(key % 64, value);
    }

    function lookup(uint48 key) external view returns (uint208, uint208) {
        return (trace.upperLookup(key % 64), trace.lowerLookup(key % 64));
    }

    function flip(uint16 index) external {
        bits.setTo(index, !bits.get(index));
    }

    function push(bytes32 item, bool front) external {
        if (front) queue.pushFront(item);
        else queue.pushBack(item);
    }

    function pop(bool front) external returns (bytes32) {
        return front ? queue.popFront() : queue.popBack();
    }

    function sort(uint256[] memory array) external returns (uint256[] memory) {
        Arrays.sort(array);
        sorted = array;
        return array;
    }

    function search(uint256 element) external view returns (uint256, uint256) {
        return (Arrays.lowerBound(sorted, element), Arrays.upperBound(sorted, element));
    }

    function write(string calldata newText, bytes calldata newBlob) external {
        text = newText;
        blob = newBlob;
    }

    function clear() external {
        delete text;
        delete blob;
        delete sorted;
        set.clear();
        queue.clear();
    }
}
