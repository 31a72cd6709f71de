"""Few addresses: what a page may ask for, besides the journey's own."""


def test_the_whole_product_has_fewer_than_thirty_rules(world):
    rules = [str(rule) for rule in world.app.url_map.iter_rules()]
    own = [rule for rule in rules if not rule.startswith("/journey")]
    assert "/<code:code>" in own and len(own) < len(rules)
    assert len(own) < 30, own
