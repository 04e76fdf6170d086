// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import {ERC20FlashMint} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20FlashMint.sol";
import {ERC20Pausable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Pausable.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";

/// A token with most extensions; anybody may mint, and pause seldom enough.
contract FuzzToken is ERC20, ERC20Burnable, ERC20Pausable, ERC20Permit, ERC20Votes, AccessControl {
    constructor() ERC20("Fuzz", "FZZ") ERC20Permit("Fuzz") {
        _grantRole(DEFAULT_ADMIN_ROLE, msg.sender);
    }

    function mint(address to, uint128 amount) external {
        _mint(to, amount);
    }

    function setPaused(uint256 dice) external {
        if (dice % 4 == 0) _pause();
        else _unpause();
    }

    function _update(address from, address to, uint256 value) internal override(ERC20, ERC20Pausable, ERC20Votes) {
        super._update(from, to, value);
    }

    function nonces(address owner) public view override(ERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }
}

/// Lends itself out within one call.
contract FuzzFlashToken is ERC20FlashMint {
    constructor() ERC20("Flash", "FLA") {
        _mint(msg.sender, 1000 ether);
    }

    function onFlashLoan(address, address token, uint256 amount, uint256 fee, bytes calldata) external returns (bytes32) {
        IERC20(token).approve(token, amount + fee);
        return keccak256("ERC3156FlashBorrower.onFlashLoan");
    }
}

/// A vault of a token of its own.
contract FuzzVault is ERC4626 {
    FuzzToken public immutable underlying;

    constructor() ERC20("Vault", "VLT") ERC4626(new FuzzToken()) {
        underlying = FuzzToken(asset());
    }

    /// What the caller needs to deposit: tokens and their approval cannot both come from one call of the caller.
    function depositMinted(uint96 assets, address receiver) external returns (uint256) {
        underlying.mint(address(this), assets);
        underlying.approve(address(this), assets);
        return this.deposit(assets, receiver);
    }
}
