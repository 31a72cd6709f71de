"""What a Redis promises as it is set up, for the doctor."""

from typing import Any

from myapp.store import StoreDown

KEPT = {
    "always": "what was acknowledged survives a power cut",
    "everysec": "a power cut may take the last second (appendfsync always takes nothing)",
    "no": "a power cut may take half a minute (appendfsync always takes nothing)",
}


def promise(is_: dict[str, Any], sync: str) -> str:
    """`is_` is Redis's INFO. Raises StoreDown, with the cure, where no room would be safe."""
    if is_.get("role") == "slave":
        raise StoreDown("this Redis is a replica: name its primary in MYAPP_STORE_URL")
    policy = is_.get("maxmemory_policy")
    if int(is_.get("maxmemory", 0)) and policy != "noeviction":
        raise StoreDown(
            f"this Redis throws rooms away when its memory is full ({policy}): "
            "set maxmemory-policy noeviction"
        )
    if not int(is_.get("aof_enabled", 0)):
        raise StoreDown(
            "this Redis forgets what was acknowledged since its last snapshot when it stops: set "
            "appendonly yes, and appendfsync always if a power cut must take nothing"
        )
    if is_.get("aof_last_write_status", "ok") != "ok":
        raise StoreDown("this Redis cannot write its file: free some space on its disk")
    kept = KEPT.get(sync, "how much a power cut takes, it does not say")
    return f"Redis {is_.get('redis_version')}, appendonly, appendfsync {sync}: {kept}"
