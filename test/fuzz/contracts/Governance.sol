// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {VestingWallet} from "@openzeppelin/contracts/finance/VestingWallet.sol";
import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {GovernorCountingSimple} from "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
import {GovernorVotes} from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {FuzzToken} from "./Tokens.sol";

/// Anybody may propose, cancel and execute, without delay.
contract FuzzTimelock is TimelockController {
    constructor() TimelockController(0, new address[](0), new address[](0), msg.sender) {
        _grantRole(EXECUTOR_ROLE, address(0));
        _grantRole(PROPOSER_ROLE, msg.sender);
        _grantRole(CANCELLER_ROLE, msg.sender);
    }
}

contract FuzzGovernor is Governor, GovernorCountingSimple, GovernorVotes {
    constructor() Governor("Fuzz") GovernorVotes(new FuzzToken()) {}

    function votingDelay() public pure override returns (uint256) {
        return 0;
    }

    function votingPeriod() public pure override returns (uint256) {
        return 10;
    }

    function quorum(uint256) public pure override returns (uint256) {
        return 0;
    }
}

contract FuzzVesting is VestingWallet {
    constructor() payable VestingWallet(msg.sender, 1_700_000_000, 1000) {}
}

contract FuzzAccessManager is AccessManager {
    constructor() AccessManager(msg.sender) {}
}
