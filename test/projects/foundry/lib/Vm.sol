// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Those of Foundry's cheatcodes that this project uses (forge-std has all of them).
interface Vm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    struct EthGetLogs {
        address emitter;
        bytes32[] topics;
        bytes data;
        bytes32 blockHash;
        uint64 blockNumber;
        bytes32 transactionHash;
        uint64 transactionIndex;
        uint256 logIndex;
        bool removed;
    }

    function envAddress(string calldata name) external view returns (address);
    function envBytes32(string calldata name) external view returns (bytes32);
    function envUint(string calldata name) external view returns (uint256);
    function envOr(string calldata name, uint256 otherwise) external view returns (uint256);
    function startBroadcast() external;
    function stopBroadcast() external;
    function prank(address sender) external;
    function deal(address account, uint256 balance) external;
    function warp(uint256 timestamp) external;
    function expectRevert(bytes calldata data) external;
    function createFork(string calldata endpoint) external returns (uint256);
    function createSelectFork(string calldata endpoint) external returns (uint256);
    function createSelectFork(string calldata endpoint, uint256 block) external returns (uint256);
    function createSelectFork(string calldata endpoint, bytes32 transaction) external returns (uint256);
    function selectFork(uint256 fork) external;
    function activeFork() external view returns (uint256);
    function rollFork(uint256 block) external;
    function rollFork(bytes32 transaction) external;
    function transact(bytes32 transaction) external;
    function makePersistent(address account) external;
    function load(address account, bytes32 slot) external view returns (bytes32);
    function rpc(string calldata method, string calldata parameters) external returns (bytes memory);
    function eth_getLogs(uint256 from, uint256 to, address emitter, bytes32[] calldata topics)
        external
        returns (EthGetLogs[] memory);
}

Vm constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
