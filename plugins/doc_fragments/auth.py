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
      - Name of a cloud in C(clouds.yaml), or a mapping with the contents of such an entry.
      - By default, the SDK uses the environment variables E(OS_*), or the only cloud in C(clouds.yaml).
    type: raw
  auth_type:
    description: Name of the authentication plugin. C(password) by default.
    type: str
  auth:
    description:
      - Options of the authentication plugin, such as C(auth_url), C(username), C(password) and C(project_name).
      - Not needed if C(clouds.yaml) or environment variables contain them.
    type: dict
  region_name:
    description:
      - Name of the region. If O(cloud) is a mapping, set C(region_name) in the mapping instead.
      - By default, the value of E(OS_REGION_NAME), even for a cloud named by O(cloud) or E(OS_CLOUD). If it is not set,
        the region in C(clouds.yaml).
    type: str
  validate_certs:
    description:
      - Verify the TLS certificates of the cloud.
      - By default, the value in C(clouds.yaml). Enabled if it is not set there.
    type: bool
    aliases: [verify]
  ca_cert:
    description: Path to a file with the CA certificates to trust.
    type: str
    aliases: [cacert]
  client_cert:
    description: Path to the TLS certificate of the client.
    type: str
    aliases: [cert]
  client_key:
    description: Path to the private key of O(client_cert).
    type: str
    aliases: [key]
  wait:
    description: Has no effect. Accepted for compatibility with C(openstack.cloud).
    type: bool
    default: true
  timeout:
    description: Has no effect. Accepted for compatibility with C(openstack.cloud).
    type: int
    default: 180
  api_timeout:
    description:
      - Timeout for an API request, in seconds. By default, the value in C(clouds.yaml), or 60.
      - If O(cloud) is a mapping, set C(api_timeout) in the mapping instead.
    type: int
  interface:
    description:
      - Type of the service endpoints to use.
      - By default, the value in C(clouds.yaml). V(public) if it is not set there.
    type: str
    choices: [public, internal, admin]
    aliases: [endpoint_type]
  sdk_log_path:
    description: Path to the log file of the SDK. By default, no log is written.
    type: str
  sdk_log_level:
    description: Log level of O(sdk_log_path). V(DEBUG) logs every request, without secrets.
    type: str
    choices: [INFO, DEBUG]
    default: INFO
requirements:
  - python >= 3.10
  - openstacksdk >= 1.0.0
"""
