// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Counter} from "../src/Counter.sol";
import {vm} from "../lib/Vm.sol";

/// Deploys a counter with some wei in it, and counts.
contract Deploy {
    bool public constant IS_SCRIPT = true;

    function run() external returns (Counter counter) {
        vm.startBroadcast();
        counter = new Counter{value: 1 gwei}(vm.envOr("LIMIT", uint256(100)));
        counter.increment();
        counter.add(4);
        vm.stopBroadcast();
        require(counter.number() == 5, "not counted");
    }
}

/// Deploys one at an address that only code and salt determine.
contract DeployAnywhere {
    bool public constant IS_SCRIPT = true;

    function run(bytes32 salt) external returns (Counter counter) {
        vm.startBroadcast();
        counter = new Counter{salt: salt}(7);
        vm.stopBroadcast();
    }
}
