import re
from tests.browser.test_scratch import *
from tests.conftest import *
def test_shot(play, people):
    ann,bob=play(viewport={"width":390,"height":844},color_scheme="dark")
    for n in (1,3): scratch(ann,n); shows(ann,n,"bell")
    scratch(ann,2,ZIGZAG[:3]); scratch(ann,5); shows(ann,5,"bell")
    ann.page.wait_for_timeout(250)
    ann.page.screenshot(path="/tmp/scr/win.png")
    (wall,)=people(ann.page.url[:-5],"Wall",viewport={"width":1280,"height":720})
    for v in ("screen","obs"):
        wall.page.goto(f"/{ann.code}?view={v}"); wall.sees("list","Players","Ann"); wall.page.screenshot(path=f"/tmp/scr/{v}.png")
