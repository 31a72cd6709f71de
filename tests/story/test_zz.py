def test_x(ann):
    a=ann.post("/rooms", game="scratch"); print(a.status,a.body[:500])
    a=ann.post("/rooms", game="buzzer"); print(a.status,a.body[:500])
