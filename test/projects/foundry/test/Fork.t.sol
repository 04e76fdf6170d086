// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Counter} from "../src/Counter.sol";
import {Vm, vm} from "../lib/Vm.sol";

/// On a node where an account (SENDER) has deployed a counter (COUNTER), then brought it to 1 and to 5, each in a block of its own:
/// CREATED_BLOCK, COUNTED_BLOCK, ADDED_BLOCK. ADDED is the last of these transactions.
contract ForkTest {
    bool public constant IS_TEST = true;

    Counter private counter;
    address private sender;
    uint256 private createdBlock;
    uint256 private countedBlock;
    uint256 private addedBlock;
    bytes32 private added;

    function setUp() external {
        counter = Counter(vm.envAddress("COUNTER"));
        sender = vm.envAddress("SENDER");
        createdBlock = vm.envUint("CREATED_BLOCK");
        countedBlock = vm.envUint("COUNTED_BLOCK");
        addedBlock = vm.envUint("ADDED_BLOCK");
        added = vm.envBytes32("ADDED");
    }

    /// With --fork-url the head's state is there from the start.
    function testSeesTheHead() external view {
        require(block.chainid == 31337 && block.number >= addedBlock, "block");
        require(counter.number() == 5 && counter.limit() == 100, "state");
        require(counter.countOf(sender) == 5, "mapping");
        require(vm.load(address(counter), bytes32(0)) == bytes32(uint256(5)), "slot");
        require(address(counter).balance == 1 gwei, "balance");
        require(blockhash(block.number - 1) != bytes32(0), "block hash");
    }

    function testChangesAreTheForksOwn() external {
        vm.deal(address(0xbeef), 1 ether);
        vm.prank(address(0xbeef));
        counter.add(90);
        require(counter.number() == 95 && counter.countOf(address(0xbeef)) == 90, "added");
        require(keccak256(vm.rpc("eth_getStorageAt", slotOfNumber())) == keccak256(abi.encode(5)), "node changed");
        vm.expectRevert(abi.encodeWithSelector(Counter.LimitReached.selector, 101, 100));
        counter.add(6);
    }

    function testForksOfOtherBlocks() external {
        uint256 first = vm.createSelectFork("pavm", createdBlock);
        require(block.number == createdBlock && counter.number() == 0, "created");
        vm.rollFork(countedBlock);
        require(counter.number() == 1, "counted");
        uint256 head = vm.createFork("pavm");
        vm.selectFork(head);
        require(counter.number() == 5, "head");
        vm.selectFork(first);
        require(vm.activeFork() == first && counter.number() == 1, "back");
    }

    /// Before it: a transaction's fork is that of its block with the transactions before it.
    function testForksOfTransactions() external {
        vm.createSelectFork("pavm", added);
        require(block.number == addedBlock && counter.number() == 1, "before");
        vm.transact(added);
        require(counter.number() == 5 && counter.countOf(sender) == 5, "after");
        vm.rollFork(createdBlock);
        vm.rollFork(added);
        require(counter.number() == 1, "rolled");
    }

    function testReadsLogs() external {
        bytes32[] memory topics = new bytes32[](2);
        topics[0] = Counter.Counted.selector;
        topics[1] = bytes32(uint256(uint160(sender)));
        Vm.EthGetLogs[] memory logs = vm.eth_getLogs(createdBlock, addedBlock, address(counter), topics);
        require(logs.length == 2, "logs");
        require(logs[1].transactionHash == added && logs[1].blockNumber == addedBlock, "place");
        require(abi.decode(logs[1].data, (uint256)) == 5 && logs[1].emitter == address(counter), "content");
    }

    function slotOfNumber() private view returns (string memory) {
        return string.concat('["', hexOf(address(counter)), '","0x0","latest"]');
    }

    function hexOf(address account) private pure returns (string memory) {
        bytes memory digits = "0123456789abcdef";
        bytes memory text = new bytes(42);
        (text[0], text[1]) = ("0", "x");
        for (uint256 i = 0; i < 40; i++) {
            text[41 - i] = digits[(uint160(account) >> (4 * i)) & 15];
        }
        return string(text);
    }
}
