# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that log in to a cloud."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of ``_argspec.AUTH``."""

    DOCUMENTATION = r"""
options:
  cloud:
    description:
      - Name of a cloud in C(clouds.yaml), or a mapping with what such an entry would hold.
      - When not given, the SDK uses the environment variables E(OS_*), or the only cloud in C(clouds.yaml).
    type: raw
  auth_type:
    description: Name of the authentication plugin, when it is not C(password).
    type: str
  auth:
    description:
      - What the authentication plugin needs, such as C(auth_url), C(username), C(password) and C(project_name).
      - Not needed where C(clouds.yaml) or environment variables say it.
    type: dict
  region_name:
    description:
      - Name of the region. Not for a O(cloud) that is a mapping, which contains it.
      - When not given, E(OS_REGION_NAME) decides, also for a cloud named by O(cloud) or E(OS_CLOUD), and without it
        C(clouds.yaml).
    type: str
  validate_certs:
    description:
      - Whether the certificates of the cloud must be valid.
      - When not given, C(clouds.yaml) decides; if it says nothing, they must.
    type: bool
    aliases: [verify]
  ca_cert:
    description: Path of a file with certificates of authorities to trust.
    type: str
    aliases: [cacert]
  client_cert:
    description: Path of a certificate that shows who the client is.
    type: str
    aliases: [cert]
  client_key:
    description: Path of the private key of O(client_cert).
    type: str
    aliases: [key]
  wait:
    description: Accepted for playbooks written for C(openstack.cloud). Nothing here needs to be waited for.
    type: bool
    default: true
  timeout:
    description: Accepted for playbooks written for C(openstack.cloud). Nothing here needs to be waited for.
    type: int
    default: 180
  api_timeout:
    description:
      - Seconds to wait for the answer to one request. By default the time in C(clouds.yaml), or 60.
      - Not for a O(cloud) that is a mapping, which contains it.
    type: int
  interface:
    description:
      - Which endpoints of the services to use.
      - When not given, C(clouds.yaml) decides; if it says nothing, the public ones.
    type: str
    choices: [public, internal, admin]
    aliases: [endpoint_type]
  sdk_log_path:
    description: Path of a file for the log of the SDK. No log when not given.
    type: str
  sdk_log_level:
    description: What goes into O(sdk_log_path). V(DEBUG) includes every request, without secrets.
    type: str
    choices: [INFO, DEBUG]
    default: INFO
requirements:
  - python >= 3.10
  - openstacksdk >= 1.0.0
"""
