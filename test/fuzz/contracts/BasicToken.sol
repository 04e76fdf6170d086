// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import {ERC20Capped} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Capped.sol";
import {ERC20Pausable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Pausable.sol";

/// A token that also compiles for the instructions of Constantinople.
contract FuzzBasicToken is ERC20, ERC20Burnable, ERC20Capped, ERC20Pausable, AccessControl {
    constructor() ERC20("Basic", "BSC") ERC20Capped(1 << 130) {
        _grantRole(DEFAULT_ADMIN_ROLE, msg.sender);
    }

    function mint(address to, uint128 amount) external {
        _mint(to, amount);
    }

    function setPaused(uint256 dice) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (dice % 4 == 0) _pause();
        else _unpause();
    }

    function _update(address from, address to, uint256 value) internal override(ERC20, ERC20Capped, ERC20Pausable) {
        super._update(from, to, value);
    }
}
