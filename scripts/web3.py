"""Deploys two contracts with web3.py and sends transactions from many accounts. Needs: pip install web3"""

import argparse
import json
import pathlib
import secrets
import subprocess
import sys
import time

# This file has the name of the package: Python is not to look for it here.
sys.path.pop(0)

from eth_account import Account  # noqa: E402
from web3 import Web3  # noqa: E402

DEVELOPER_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
ROOT = pathlib.Path(__file__).resolve().parent.parent

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--url", default="http://127.0.0.1:8545", help="node that takes the transactions")
parser.add_argument("--report-url", default="http://127.0.0.1:8546", help="node that is asked what ran in parallel")
parser.add_argument("--accounts", type=int, default=60, help="sending accounts")
parser.add_argument("--transactions", type=int, default=300, help="transactions after the set-up")
options = parser.parse_args()

w3 = Web3(Web3.HTTPProvider(options.url))
reporter = Web3(Web3.HTTPProvider(options.report_url))
developer = Account.from_key(DEVELOPER_KEY)
compiled = subprocess.run(
    ["npm", "run", "--silent", "compile", "--", "Token.sol", "KeyValueStore.sol"], cwd=ROOT, check=True, capture_output=True
)
artifacts = json.loads(compiled.stdout)
fees = {"maxFeePerGas": 20_000_000_000, "maxPriorityFeePerGas": 1_000_000_000, "chainId": 31337}
nonces = {developer.address: w3.eth.get_transaction_count(developer.address)}


def submit(account, order):
    """Signs with a nonce of our own count, so that many can be under way at once. Returns the hash."""
    nonce = nonces.setdefault(account.address, 0)
    nonces[account.address] = nonce + 1
    signed = account.sign_transaction({**order, **fees, "nonce": nonce})
    return w3.eth.send_raw_transaction(signed.raw_transaction)


def settled(hashes):
    receipts = [w3.eth.wait_for_transaction_receipt(h, timeout=60, poll_latency=0.25) for h in hashes]
    failed = [receipt for receipt in receipts if receipt.status != 1]
    if failed:
        raise SystemExit(f"{len(failed)} transactions failed")
    return receipts


def deploy(name, *values):
    artifact = artifacts[name]
    factory = w3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"])
    order = factory.constructor(*values).build_transaction({"gas": 3_000_000, "nonce": 0, **fees})
    order = {key: order[key] for key in ("data", "gas", "value")}
    [receipt] = settled([submit(developer, order)])
    print(f"{name} at {receipt.contractAddress}")
    return w3.eth.contract(address=receipt.contractAddress, abi=artifact["abi"])


def call(contract, name, *values, gas=100_000):
    return {"to": contract.address, "data": contract.encode_abi(name, args=list(values)), "gas": gas, "value": 0}


token = deploy("Token", "Example", "EXM", 10**24)
store = deploy("KeyValueStore")

senders = [Account.from_key(secrets.token_bytes(32)) for _ in range(options.accounts)]
funding = [submit(developer, {"to": sender.address, "value": 10**18, "gas": 21_000}) for sender in senders]
gas = 60_000 + 40_000 * options.accounts
funding.append(submit(developer, call(token, "airdrop", [sender.address for sender in senders], 10**20, gas=gas)))
settled(funding)
print(f"{options.accounts} accounts hold ether and tokens")

# Even ones pay tokens to an address of their own, odd ones write a key of their own, each twentieth a shared key.
sent = []
for index in range(options.transactions):
    sender = senders[index % len(senders)]
    if index % 20 == 0:
        order = call(store, "increment", 0)
    elif index % 2 == 1:
        order = call(store, "set", index, index)
    else:
        order = call(token, "transfer", Account.from_key(secrets.token_bytes(32)).address, 1)
    sent.append(submit(sender, order))
receipts = settled(sent)
print(f"{len(receipts)} transactions succeeded")

for number in sorted({receipt.blockNumber for receipt in receipts}):
    # The node asked may not have the block yet: the transactions went to another one.
    while (plan := reporter.provider.make_request("pavm_getPlan", [hex(number)])["result"]) is None:
        time.sleep(0.1)
    longest = max((len(group) for group in plan["groups"]), default=0)
    print(
        f"block {number}: {len(plan['transactions'])} transactions in {len(plan['groups'])} groups, "
        f"the longest of {longest}"
    )
