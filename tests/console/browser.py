"""A browser without JavaScript: it keeps cookies, follows links, fills and posts the forms of a page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

import httpx

_VOID = {"meta", "link", "input", "br", "path", "circle", "rect", "img"}


@dataclass
class HtmlForm:
    """A form as it stands in a page: where it goes, how, and what its fields hold."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass
class Page:
    """What came back, and what a person finds in it."""

    status: int
    headers: httpx.Headers
    html: str
    path: str
    forms: list[HtmlForm] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    words: str = ""

    def form(self, action: str) -> HtmlForm:
        """The form that is posted to a path."""
        return next(form for form in self.forms if (form.action, form.method) == (action, "post"))

    def has_form(self, action: str) -> bool:
        """Whether a form is posted to a path."""
        return any((form.action, form.method) == (action, "post") for form in self.forms)


class _Reader(HTMLParser):
    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page
        self._words: list[str] = []
        self._form: HtmlForm | None = None
        self._area, self._select, self._link, self._silent = "", "", "", False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        assert "style" not in given, f"a style attribute, which the content security policy forbids: <{tag}>"
        assert not any(name.startswith("on") for name in given), f"an inline handler: <{tag}>"
        assert tag != "style", "an inline style sheet, which the content security policy forbids"
        assert tag != "script" or "src" in given, (
            "an inline script, which the content security policy forbids"
        )
        self._silent = tag in {"script", "style", "title"}
        if tag == "form":
            self._form = HtmlForm(given.get("action", ""), given.get("method", "get"))
            self._page.forms.append(self._form)
        elif tag in {"input", "select"} and self._form is not None and "name" in given:
            if given.get("type") != "checkbox" or "checked" in given:
                self._form.fields[given["name"]] = given.get("value", "")
                self._select = given["name"] if tag == "select" else ""
        elif tag == "option" and self._form is not None and "selected" in given:
            self._form.fields[self._select] = given["value"]
        elif tag == "textarea" and self._form is not None:
            self._area = given["name"]
            self._form.fields[self._area] = ""
        elif tag == "a":
            self._link = given.get("href", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "textarea":
            self._area = ""
        elif tag == "a":
            self._link = ""
        self._silent = False

    def handle_data(self, data: str) -> None:
        if self._area and self._form is not None:
            # A browser leaves out the line end that follows the tag.
            self._form.fields[self._area] += data.removeprefix("\n")
        if self._silent or not data.strip():
            return
        self._words.append(data.strip())
        if self._link:
            self._page.links.setdefault(data.strip(), self._link)
        self._page.words = " ".join(self._words)


class Browser:
    """One person at a console. `follow` redirects as browsers do; `cookies` may be looked at and put back."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client = httpx.Client(base_url=url, timeout=30)

    @property
    def cookies(self) -> httpx.Cookies:
        """The cookies that this browser has."""
        return self.client.cookies

    def put_back(self, cookie: str) -> None:
        """Have this session cookie and no other."""
        self.cookies.clear()
        self.cookies.set("lockhouse", cookie, domain="127.0.0.1", path="/")

    def get(self, path: str, *, follow: bool = True) -> Page:
        """Open a page."""
        return self._page(self.client.get(path, follow_redirects=follow))

    def submit(self, form: HtmlForm, *, follow: bool = True, **fields: str | list[str]) -> Page:
        """Fill a form and post it, with the headers that a browser adds."""
        return self.post(form.action, {**form.fields, **fields}, headers={"Origin": self.url}, follow=follow)

    def post(
        self,
        path: str,
        fields: Mapping[str, str | list[str]],
        *,
        headers: dict[str, str] | None = None,
        follow: bool = True,
    ) -> Page:
        """Post fields as any program could."""
        return self._page(self.client.post(path, data=fields, headers=headers or {}, follow_redirects=follow))

    def upload(self, form: HtmlForm, files: dict[str, tuple[str, bytes]], **fields: str) -> Page:
        """Fill a form that sends files and post it."""
        texts = {name: (None, value) for name, value in (form.fields | fields).items()}
        headers = {"Origin": self.url}
        answer = self.client.post(form.action, files=texts | files, headers=headers, follow_redirects=True)
        return self._page(answer)

    def log_in(self, email: str, password: str) -> Page:
        """Log in with the form of the first page."""
        form = self.get("/").form("/login")
        return self.submit(form, email=email, password=password)

    def create_key(self, name: str, description: str = "") -> Page:
        """Create an API key with the dialogue; the page with its value."""
        form = self.get("/iam/apikeys/new").form("/iam/apikeys")
        return self.submit(form, name=name, description=description)

    def _page(self, answer: httpx.Response) -> Page:
        page = Page(answer.status_code, answer.headers, answer.text, urlsplit(str(answer.url)).path)
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            _Reader(page).feed(answer.text)
        return page


def path_of_key(page: Page) -> str:
    """The address of the details of the key that a page has just revealed."""
    return f"/iam/apikeys/{page.form('/iam/apikeys/apiKey.json').fields['id']}"


def value_in(page: Page) -> str:
    """The value that a page reveals."""
    return page.form("/iam/apikeys/apiKey.json").fields["apikey"]
