"""The key of an account as the local exchange knows it: what it may do, in each exchange's own words."""

from __future__ import annotations

from dataclasses import dataclass

from .wire import Call, Refused, Reply, dumps


@dataclass(slots=True)
class Key:
    """What a test scripts. `refusal`: the exchange knows no such key, and says it in these words."""

    reads: bool = True
    trades: bool = True
    withdraws: bool = False
    bound: bool = True
    refusal: str = ""

    def on_binance(self, call: Call) -> object:
        """`GET /sapi/v1/account/apiRestrictions`."""
        if "signature" not in call.params:
            raise Refused(Reply(dumps({"code": -1102, "msg": "Mandatory parameter 'signature' was not sent."}), 400))
        if self.refusal:
            raise Refused(Reply(dumps({"code": -2015, "msg": self.refusal}), 401))
        return {
            "ipRestrict": self.bound,
            "createTime": call.now,
            "enableReading": self.reads,
            "enableSpotAndMarginTrading": self.trades,
            "enableWithdrawals": self.withdraws,
            "enableInternalTransfer": False,
            "enableMargin": False,
            "enableFutures": False,
            "permitsUniversalTransfer": False,
            "enableVanillaOptions": False,
        }

    def on_bybit(self, call: Call) -> object:
        """`GET /v5/user/query-api`."""
        said = {"retCode": 0, "retMsg": "", "result": {}, "retExtInfo": {}, "time": call.now}
        if self.refusal:
            return said | {"retCode": 10003, "retMsg": self.refusal}
        wallet = ["AccountTransfer", *(["Withdraw"] if self.withdraws else [])]
        rights = {"ContractTrade": [], "Spot": ["SpotTrade"] if self.trades else [], "Wallet": wallet, "Options": []}
        result = {"id": "1", "readOnly": 0, "permissions": rights, "ips": ["203.0.113.7"] if self.bound else ["*"]}
        return said | {"result": result}
