# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How requests get to a cloud, and answers back. The only file that imports openstack.

openstacksdk knows credentials and endpoints, and says how a service is reached. Bodies are the API's own JSON rather
than the SDK's resource classes: the API is versioned and stable, while the classes change from one SDK release to the
next, and they offer no bulk create of groups.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sys
import time
import traceback
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, urlsplit

from .._common.errors import CloudError, InputError, PortcullisError
from .._common.text import shown
from .clouds_yaml import trouble

try:
    # The package's own __init__ imports what the SDK knows of every service, for nothing that is used here: 200 ms in
    # place of 120 (2 cores of an AMD EPYC, Python 3.11.7, openstacksdk 4.22.0). So its parts get a package that is
    # empty, but knows where they are.
    if _package := importlib.util.find_spec("openstack"):
        sys.modules.setdefault("openstack", importlib.util.module_from_spec(_package))
    from keystoneauth1 import discover
    from keystoneauth1.adapter import Adapter
    from keystoneauth1.exceptions import ClientException, ConnectFailure, ConnectTimeout, UnknownConnectionError
    from keystoneauth1.identity.base import BaseIdentityPlugin
    from openstack._log import enable_logging
    from openstack.config import get_cloud_region
    from openstack.config.loader import CONFIG_FILES
    from openstack.exceptions import HttpException, SDKException, raise_from_response

    IMPORT_ERROR: str | None = None
except ImportError:
    IMPORT_ERROR = traceback.format_exc()

Body = dict[str, Any]
Params = Sequence[tuple[str, str]]
Answer = TypeVar("Answer")

BAD_REQUEST: Final = 400
UNAUTHORIZED: Final = 401
FORBIDDEN: Final = 403
NOT_FOUND: Final = 404
CONFLICT: Final = 409
CHANGED: Final = 412
# Too Many Requests: refused before anything was done, whatever the request.
_TOO_MANY: Final = 429
# How long to wait, in seconds, before each further try of a request that may be repeated.
_PAUSES: Final = (0.5, 1.0, 2.0)
_LONGEST_PAUSE: Final = 60
# How long to wait, in seconds, for an answer, unless an option or clouds.yaml gives another time.
_API_TIMEOUT: Final = 60
_TRUST_ADVICE: Final = (
    ". Set ca_cert to a file with the CA certificate to trust. If you trust the whole network, you can set "
    "validate_certs to false instead"
)
_LOST_ADVICE: Final = ". Check auth_url and the network connection to it"
# By the status of Keystone's answer.
_LOGIN_ADVICE: Final = {
    401: ". Check the user, the password, the project and their domains",
    404: ". auth_url must be that of Keystone, such as https://keystone.example.org:5000/v3",
}
# What says who logs in: the parts of credentials that may be shown.
_USERS: Final = ("username", "user_id", "application_credential_name", "application_credential_id")
_PROJECTS: Final = ("project_name", "project_id")
# The versions of the services' APIs that are used here.
_VERSIONS: Final = {"compute": 2, "identity": 3, "network": 2}
_APP_NAME: Final = "portcullis.openstack"


def enable_sdk_log(path: str, level: str) -> None:
    """Let the SDK write its log to a file; with level ``DEBUG`` requests too, whose secrets it masks itself.

    :raises InputError: if the file cannot be written
    """
    try:
        enable_logging(debug=level == "DEBUG", http_debug=level == "DEBUG", path=path)
    except (OSError, ValueError) as error:
        raise InputError("sdk_log_path", str(error)) from error


class Session:
    """A login at one cloud, as one project. Every method may raise :class:`CloudError`."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Connect with the authentication options that all modules share.

        :raises CloudError: if the options, or the ``clouds.yaml`` they name, make no connection
        """
        try:
            self._region = get_cloud_region(**_region_arguments(options))
        except PortcullisError:
            raise
        except Exception as error:
            raise CloudError(f"cannot connect to the cloud: {_why_not(options, error)}") from error
        if self._region.config.get("api_timeout") is None:
            self._region.config["api_timeout"] = _API_TIMEOUT
        # Keeps the token if clouds.yaml enables that, also when something fails.
        weakref.finalize(self, self._region.set_auth_cache)
        self._clients: dict[str, Adapter] = {}
        self._login: tuple[str | None, str | None] | None = None

    @property
    def credentials(self) -> Mapping[str, Any]:
        """What logs in, wherever it was written."""
        return dict(self._region.get_auth_args())

    @property
    def verifies_tls(self) -> bool:
        """Whether the certificates of the cloud must be valid."""
        return bool(self._region.get_requests_verify_args()[0])

    def log_in(self) -> tuple[str | None, str | None]:
        """Log in, unless that is done, and return id and name of the project; not every identity plugin knows a name.

        Otherwise the first request would log in, and its error would not say that the credentials are wrong.
        """
        if self._login is None:
            self._login = _patiently(self._ask_for_token, _passes)
        return self._login

    def _delete(self, path: str, **arguments: Any) -> None:
        try:
            self._request("network", "DELETE", path, **arguments)
        except CloudError as error:
            if error.status != NOT_FOUND:
                raise

    def _send(self, service: str, method: str, path: str, body: Body) -> Body:
        return self._request(service, method, path, json=body)

    def _list(self, service: str, path: str, key: str, filters: Params, **arguments: Any) -> list[Body]:
        """Return all pages of a list, following the links that the services give."""
        found: list[Body] = []
        query = list(filters)
        while True:
            answer = self._request(service, "GET", path, params=query, **arguments)
            page = answer.get(key)
            if not isinstance(page, list) or not all(isinstance(thing, dict) for thing in page):
                raise CloudError(f"GET {path} was answered without a list of {key}; is the URL that of the service?")
            found += page
            links = answer.get(f"{key}_links") or []
            following = [link["href"] for link in links if link.get("rel") == "next"]
            if not following:
                return found
            query = parse_qsl(urlsplit(following[0]).query, keep_blank_values=True)

    def _request(self, service: str, method: str, path: str, **arguments: Any) -> Body:
        """Send a request. Again if that can do no harm: reads, and what the cloud was too busy to look at."""
        return _patiently(
            lambda: self._send_once(service, method, path, arguments),
            _passes if method == "GET" else lambda error: error.status == _TOO_MANY,
        )

    def _send_once(self, service: str, method: str, path: str, arguments: Mapping[str, Any]) -> Body:
        request = f"{method} {path}"
        # Whatever clouds.yaml says: no request sent twice without our knowing.
        own = {"raise_exc": False, "connect_retries": 0, "status_code_retries": 0}
        try:
            # Not the SDK's own method, which adds a cache, with answers of before a change, and so wants a Connection.
            response = Adapter.request(self._client(service), path, method, **own, **arguments)
            raise_from_response(response)
            text = response.content.decode()
            del response  # Of a large answer, the bytes take as much room as the text, and all that is in it.
            return _decoded(text) if text else {}
        except HttpException as error:
            status = error.status_code
            reason = _reason(error)
            if status == FORBIDDEN and method != "GET":
                reason += f". The login {self._who()} lacks the rights for this, usually those of the role member"
            raise CloudError(
                f"{request} was answered {status}: {reason}",
                status=status,
                retry_after=_retry_after(getattr(error.response, "headers", {})),
            ) from error
        except (SDKException, ClientException, ValueError) as error:
            raise _failure(f"{request} failed", error) from error

    def _client(self, service: str) -> Adapter:
        """Return what sends to a service, and asks it for the URL of its version only if that is not known."""
        if service not in self._clients:
            version = _VERSIONS[service]
            client = self._region.get_session_client(service, version=str(version))
            if written := client.endpoint_override:
                # As with the URLs of the catalogue: if it names no version, the service says where that one is.
                found = client.session.get_endpoint_data(
                    endpoint_override=written,
                    min_version=(version, 0),
                    max_version=(version, discover.LATEST),
                    discover_versions=False,
                )
                client.endpoint_override = found.url if found else written
            self._clients[service] = client
        return self._clients[service]

    def _who(self) -> str:
        """Return who logs in where, without anything secret."""
        auth = self._region.get_auth_args()
        user = next((auth[key] for key in _USERS if auth.get(key)), None)
        project = next((auth[key] for key in _PROJECTS if auth.get(key)), None)
        who = f"as {user!r} " if user else ""
        return f"{who}at {_without_login(auth.get('auth_url'))}" + (f", project {project!r}" if project else "")

    def _ask_for_token(self) -> tuple[str | None, str | None]:
        try:
            session = self._region.get_session()
            own = session.get_project_id()
            named = isinstance(session.auth, BaseIdentityPlugin) and session.auth.get_access(session).project_name
        except Exception as error:
            advice = _LOGIN_ADVICE.get(getattr(error, "http_status", 0), _LOST_ADVICE if _is_lost(error) else "")
            raise _failure(f"cannot log in to the cloud {self._who()}", error, advice) from error
        return own, named or None


def _decoded(text: str) -> Body:
    """Decode an answer. Equal texts are kept once: a thousand rules mostly have the same project and group."""
    # Not sys.intern, which Ansible replaces with a slower one.
    texts: dict[str, str] = {}
    one_of = texts.setdefault
    answer = json.loads(
        text,
        object_hook=lambda thing: {
            name: one_of(value, value) if isinstance(value, str) else value for name, value in thing.items()
        },
    )
    if not isinstance(answer, (dict, type(None))):
        raise ValueError(f"the answer is {shown(text[:100])}, not a JSON object")
    return answer or {}


def _patiently(ask: Callable[[], Answer], passes: Callable[[CloudError], bool]) -> Answer:
    """Ask, and again after a while if the trouble passes."""
    for pause in _PAUSES:
        try:
            return ask()
        except CloudError as error:
            if not passes(error):
                raise
            time.sleep(max(pause, min(error.retry_after, _LONGEST_PAUSE)))
    return ask()


def _passes(error: CloudError) -> bool:
    return error.lost or error.status == _TOO_MANY or (error.status or 0) >= 500


def _why_not(options: Mapping[str, Any], error: Exception) -> str:
    """Return why there is no connection: what is wrong with clouds.yaml if that is it, or else the SDK's words."""
    cloud = options.get("cloud") or os.environ.get("OS_CLOUD")
    if isinstance(cloud, Mapping) or (not cloud and (options.get("auth") or os.environ.get("OS_AUTH_URL"))):
        return shown(str(error))
    named = os.environ.get("OS_CLIENT_CONFIG_FILE")
    return trouble(cloud, list(dict.fromkeys([*([named] if named else []), *CONFIG_FILES]))) or shown(str(error))


def _failure(what: str, error: Exception, advice: str = "") -> CloudError:
    """Return the error for what the client library could not do."""
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        advice = _TRUST_ADVICE
    return CloudError(
        f"{what}: {_without_login(error)}{advice}", status=getattr(error, "http_status", None), lost=_is_lost(error)
    )


def _without_login(text: object) -> str:
    """Return a text without the user and the password that a URL in it may have."""
    return re.sub("//[^/@]*@", "//", str(text))


def _is_lost(error: Exception) -> bool:
    return isinstance(error, (ConnectFailure, ConnectTimeout, UnknownConnectionError))


def _retry_after(headers: Mapping[str, str]) -> int:
    """Return the seconds of a Retry-After header; 0 without one, and for a date."""
    value = headers.get("Retry-After", "")
    return int(value) if value.isdecimal() else 0


def _region_arguments(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what ``openstack.config`` needs; None is left out, so that ``clouds.yaml`` and ``OS_*`` decide."""
    cloud = options.get("cloud")
    if not isinstance(cloud, (str, Mapping, type(None))):
        raise InputError("cloud", f"{cloud!r} is neither a name in clouds.yaml nor a mapping")
    renamed = {"validate_certs": "verify", "ca_cert": "cacert", "client_cert": "cert", "client_key": "key"}
    kept = ("auth_type", "auth", "region_name", "api_timeout", "interface")
    if isinstance(cloud, Mapping):
        also = [option for option in (*kept, *renamed) if options.get(option) is not None]
        if also:
            raise InputError(
                "cloud",
                f"it is a mapping, which must contain all options of the login; move {', '.join(also)} into it",
            )
        if not isinstance(cloud.get("auth", {}), Mapping):
            raise InputError("cloud", "its auth is not a mapping")
        # The SDK would fill in, key by key, what a default cloud of the user's says, such as another project.
        return {"app_name": _APP_NAME, "load_yaml_config": False, "load_envvars": False, **cloud}
    arguments = {"cloud": cloud, **{name: options.get(name) for name in kept}}
    # The SDK itself reads it only where no cloud is named.
    arguments["region_name"] = options.get("region_name") or os.environ.get("OS_REGION_NAME") or None
    arguments |= {theirs: options.get(ours) for ours, theirs in renamed.items()}
    return {"app_name": _APP_NAME} | {k: v for k, v in arguments.items() if v is not None}


def _reason(error: HttpException) -> str:
    """Return the cloud's own words for an error."""
    return str(error.details or error.message or error).strip()
